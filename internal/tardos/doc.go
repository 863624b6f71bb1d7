// Package tardos holds the codes that tell copies apart and the arithmetic of
// accusing by them: probabilistic fingerprinting codes after
//
//   - G. Tardos, "Optimal probabilistic fingerprint codes", STOC 2003 (J. ACM
//     55(2), 2008): each position has a secret bias, each code a bit drawn by it;
//   - B. Škorić, S. Katzenbeisser, M. Celik, "Symmetric Tardos fingerprinting
//     codes for arbitrary alphabet sizes", Des. Codes Cryptogr. 46, 2008: the
//     score, which counts zeros and ones alike;
//   - K. Nuida et al., "An improvement of discrete Tardos fingerprinting codes",
//     Des. Codes Cryptogr. 52, 2009: for three or four colluders the best biases
//     are two values alone, ½ ± 1/(2√3).
//
// # What an accusation rests on
//
// Whoever made a suspect table knows at most the codes of the copies it had.
// The bits of everyone else's code are independent draws by the biases, and
// independent of the table, and so of every vote counted in it, however many
// copies it was mixed from and whatever was done to it. Given the votes, an
// innocent's score is therefore a sum of independent variables of known
// distribution, and Chernoff's inequality bounds its tail:
//
//	P(S ≥ s) ≤ min over λ ≥ 0 of e^(−λs) · Π E[e^(λ·X_p)]
//
// Nothing is assumed of the attack, nor is any limit of large numbers: the
// bound holds for every vote vector that does not depend on the innocent's
// code. It does not hold against someone who knows that code and the key of
// the marks together; who may know which is the business of package marks.
package tardos
