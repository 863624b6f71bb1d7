// Package fabricproof reads what Fabric signs and checks it with nothing but the
// roots of the consortium's authorities: blocks that the BFT orderers signed,
// transactions and reads that peers endorsed. It needs no network, no node and
// no state; package gateway/index reads blocks with the same code.
//
// The formats and signed bytes are those of Fabric 3.1 (protoutil, msp,
// core/common/validation), under the Apache licence.
package fabricproof
