// Package client is a participant's side of the ledger: it keeps an SM2 key,
// signs commands with it, hands them to any organisation's gateway and reads
// back what the ledger holds. The key never leaves the process.
//
// # Writing
//
// There is one way to write: a command, signed. Key.Command builds and signs
// one, Client.Submit hands it in and waits until it is in a block.
//
//	key, err := client.LoadKey("firm.key")
//	signed, err := key.Command("91320903MA0A00022Y", 1, "resource.catalogue", body)
//	gateway, err := client.New("http://127.0.0.1:8081")
//	receipt, err := gateway.Submit(ctx, signed.JWS)
//
// Submit ends in one of three ways. A Receipt: the command took effect, now or,
// if Replayed, before. A *Problem (see Refusal): it was refused, and nothing was
// written. Anything else: the outcome is not known, which OutcomeUnknown says.
// Then submit the same bytes again, at this gateway or another: a command is
// applied once, and a repetition gets the first answer. A command signed anew
// is another command. Who must survive a crash writes Signed.JWS down before
// submitting it, as package bulk and `datarights register` do.
//
// The bodies of commands are the types of package rights that
// `datarights command list` shows; a map or any struct that encodes to the
// same JSON will do. Amounts between parties are not in a command: NewSecret
// commits to them and SubmitWithSecret carries them.
//
// # Reading
//
// Get reads one document, List iterates over all pages of a list. AtLeast waits
// until the gateway's index has a block, so that one reads one's own writes:
//
//	height, err := gateway.AtLeast(receipt.Block).Get(ctx, "/v1/resources/"+id, nil, &resource)
//	for right, err := range client.List[rights.Right](ctx, gateway, "/v1/rights", url.Values{"holder": {uscc}}) { … }
//
// The registry is public. What is between parties takes a session: OpenSession
// signs the gateway's challenge, InSession returns a client that reads as you.
//
// # Data
//
// Data stays where it is. Package fingerprint computes what the ledger may know
// of a file, MatchTags has the platform key its digest, and the command carries
// the result; package bulk does all of it for a sheet of files.
//
// A Client may be used concurrently; its With… and At… methods return copies.
package client
