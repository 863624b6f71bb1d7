// Package client is a participant's side of the ledger: it keeps an SM2 key,
// signs commands with it, hands them to any organisation's gateway and reads
// back what the ledger holds. The key never leaves the process.
//
//	key, err := client.LoadKey("firm.key")
//	signed, err := key.Command("91350100M000100Y43", 1, "resource.catalogue", body)
//	gateway, err := client.New("http://127.0.0.1:8081")
//	receipt, err := gateway.Submit(ctx, signed.JWS)
//	height, err := gateway.AtLeast(receipt.Block).Get(ctx, "/v1/resources", nil, &answer)
package client
