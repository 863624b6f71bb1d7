package rights

// What comes of an offer: trades, deliveries, copies, settlements, disputes
// (3.8 to 3.11).

var dealingMachines = []*Machine{&tradeMachine, &deliveryMachine, &copyMachine, &settlementMachine, &disputeMachine}

func dealingCommands() []*Command {
	return []*Command{
		does(&tradeMachine, "trade.apply", Text{"申请交易", "applied for a trade"}, true, applyTrade),
		does(&tradeMachine, "trade.file", Text{"场外交易备案", "filed a trade off the exchange"}, false, fileTrade),
		does(&tradeMachine, "trade.accept", Text{"接受磋商", "accepted to negotiate"}, true, acceptTrade),
		does(&tradeMachine, "trade.decline", Text{"谢绝交易", "declined a trade"}, true, endTrade("decline")),
		does(&tradeMachine, "trade.proposeTerms", Text{"提出条款", "proposed terms"}, true, proposeTerms),
		does(&tradeMachine, "trade.sign", Text{"签署条款", "signed the terms"}, true, signTrade),
		does(&tradeMachine, "trade.confirmContract", Text{"确认合同", "confirmed a contract"}, true, confirmContract),
		does(&tradeMachine, "trade.linkTransfer", Text{"关联转移登记", "linked the transfer case"}, false, linkTransfer),
		does(&tradeMachine, "trade.complete", Text{"办结交易", "completed a trade"}, true, completeTrade),
		does(&tradeMachine, "trade.withdraw", Text{"撤回交易", "withdrew from a trade"}, false, endTrade("withdraw")),
		does(&tradeMachine, "trade.terminate", Text{"解除合同", "terminated a contract"}, false, terminateTrade),

		does(&deliveryMachine, "delivery.prepare", Text{"备妥交付", "prepared a delivery"}, true, prepareDelivery),
		does(&deliveryMachine, "delivery.send", Text{"发出交付", "sent a delivery"}, true, sendDelivery),
		does(&deliveryMachine, "delivery.receive", Text{"签收交付", "received a delivery"}, true, receiveDelivery),
		does(&deliveryMachine, "delivery.accept", Text{"验收交付", "accepted a delivery"}, true, acceptDelivery),
		does(&deliveryMachine, "delivery.reject", Text{"拒收交付", "rejected a delivery"}, true, rejectDelivery),
		does(&deliveryMachine, "delivery.deemAccept", Text{"写明视为验收", "noted deemed acceptance"}, true, deemAcceptDelivery),
		does(&deliveryMachine, "delivery.redeliver", Text{"重新交付", "delivered again"}, true, redeliver),
		does(&deliveryMachine, "delivery.recall", Text{"撤回交付", "recalled a delivery"}, true, recallDelivery),

		does(&copyMachine, "copy.forward", Text{"转给下一接收方", "passed a copy on"}, false, forwardCopy),
		does(&copyMachine, "copy.return", Text{"退还副本", "returned a copy"}, true, endCopy("return")).whileSuspended(),
		does(&copyMachine, "copy.destroy", Text{"销毁副本", "destroyed a copy"}, true, endCopy("destroy")).whileSuspended(),
		does(&copyMachine, "copy.markOverdue", Text{"写明逾期未销毁", "noted an overdue copy"}, true, markOverdue),
		does(&copyMachine, "copy.compromise", Text{"确认副本泄露", "confirmed a leak of a copy"}, false, compromiseCopy),

		does(&settlementMachine, "settlement.open", Text{"发起结算", "opened a settlement"}, true, openSettlement),
		does(&settlementMachine, "settlement.escrow", Text{"托管资金", "took funds into escrow"}, true, escrowSettlement),
		does(&settlementMachine, "settlement.markPaid", Text{"写明已付款", "noted a payment"}, true, markPaid),
		does(&settlementMachine, "settlement.distribute", Text{"分配收益", "distributed the proceeds"}, true, distribute),
		does(&settlementMachine, "settlement.confirm", Text{"确认收款", "confirmed a settlement"}, true, confirmSettlement).whileSuspended(),
		does(&settlementMachine, "settlement.deemConfirm", Text{"写明视为确认", "noted deemed confirmation"}, true, deemConfirmSettlement),
		does(&settlementMachine, "settlement.refund", Text{"退款", "refunded"}, false, refundSettlement),

		does(&disputeMachine, "dispute.file", Text{"提出争议", "filed a dispute"}, false, fileDispute),
		does(&disputeMachine, "dispute.accept", Text{"受理争议", "accepted a dispute"}, false, acceptDispute),
		does(&disputeMachine, "dispute.refuse", Text{"不予受理", "refused a dispute"}, false, refuseDispute),
		does(&disputeMachine, "dispute.answer", Text{"答辩", "answered"}, false, answerDispute).whileSuspended(),
		does(&disputeMachine, "dispute.agreeMediation", Text{"同意调解", "agreed to mediation"}, false, agreeMediation),
		does(&disputeMachine, "dispute.startMediation", Text{"开始调解", "began mediation"}, false, startMediation),
		does(&disputeMachine, "dispute.settle", Text{"签署和解", "signed a settlement"}, false, settleDispute),
		does(&disputeMachine, "dispute.escalate", Text{"提交仲裁或诉讼", "took it to arbitration or court"}, false, escalateDispute),
		does(&disputeMachine, "dispute.lapse", Text{"写明处理逾期终结", "noted that its time ran out"}, false, lapseDispute),
		does(&disputeMachine, "dispute.enterDecision", Text{"录入生效裁判", "entered a decision"}, false, enterDecision),
		does(&disputeMachine, "dispute.executeOrder", Text{"履行裁判内容", "carried out an order"}, false, executeOrder),
		does(&disputeMachine, "dispute.close", Text{"结案", "closed a dispute"}, false, closeDispute),
		does(&disputeMachine, "dispute.withdraw", Text{"撤回争议", "withdrew a dispute"}, false, withdrawDispute),

		does(nil, "secret.purge", Text{"清除保密内容", "purged what was private"}, true, purgeSecret),
	}
}

// days is a period of calendar days. Under a demo profile a day is as short as
// its working day.
func (p *Profile) days(n int64) UnixSec {
	if s := p.Int(ParamDemoSeconds); s > 0 {
		return n * s
	}
	return n * 86400
}
