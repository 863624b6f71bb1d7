package matchtag

import "strconv"

// Statement is what the platform signs about a tag; the chaincode builds the
// same bytes to verify it.
func Statement(holderID, contentRoot, matchTag string, epoch int64) []byte {
	return []byte("datarights-match-tag-v1\n" + holderID + "\n" + contentRoot + "\n" + matchTag + "\n" + strconv.FormatInt(epoch, 10))
}
