package backup

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"filippo.io/age"
)

// MinPassphrase is the least length of a passphrase, in characters.
const MinPassphrase = 12

// Passphrase reads the first line of r.
func Passphrase(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if line = strings.TrimRight(line, "\r\n"); len([]rune(line)) < MinPassphrase {
		return "", refuse("", fmt.Sprintf("口令至少 %d 个字符", MinPassphrase), fmt.Sprintf("a passphrase has at least %d characters", MinPassphrase), nil)
	}
	return line, nil
}

// Recipients are those who can read what is written: a passphrase alone, or the
// holders of age keys.
func Recipients(passphrase string, keys []string) ([]age.Recipient, error) {
	if passphrase != "" {
		r, err := age.NewScryptRecipient(passphrase)
		return []age.Recipient{r}, err
	}
	var all []age.Recipient
	for _, key := range keys {
		r, err := age.ParseX25519Recipient(key)
		if err != nil {
			return nil, refuse("", fmt.Sprintf("%.80q 不是 age 公钥（age1…）", key), fmt.Sprintf("%.80q is no age public key (age1…)", key), nil)
		}
		all = append(all, r)
	}
	if len(all) == 0 {
		return nil, errors.New("a backup needs a passphrase or a recipient")
	}
	return all, nil
}

// Identities are what opens a backup: a passphrase, or a file of age keys.
func Identities(passphrase, keyFile string) ([]age.Identity, error) {
	if passphrase != "" {
		i, err := age.NewScryptIdentity(passphrase)
		return []age.Identity{i}, err
	}
	text, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the key of the backup: %w", err)
	}
	all, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil { // the cause might quote the key
		return nil, refuse("", keyFile+" 中没有 age 私钥", "there is no age key in "+keyFile, nil)
	}
	return all, nil
}

// NewKey writes an age key of its own to file, readable by its owner alone, and
// returns its public half.
func NewKey(file string) (string, error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return "", fmt.Errorf("couldn't make a key: %w", err)
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", fmt.Errorf("couldn't write the key: %w", err)
	}
	_, err = fmt.Fprintf(f, "# public key: %s\n%s\n", id.Recipient(), id)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("couldn't write the key: %w", err), os.Remove(file))
	}
	return id.Recipient().String(), nil
}
