package rights

// What is offered and asked for: products, listings, demands, recognition of
// other exchanges' certificates (3.6, 3.7, 3.21, 3.22). product.go and
// listing.go are the commands; product_rules.go (DP), listing_rules.go (LS),
// resale.go (what of other people's data may be offered on) and services.go
// (compliance opinions, services in force) are what guards them.

var offerMachines = []*Machine{&productMachine, &listingMachine, &demandMachine, &recognitionMachine}

func offerCommands() []*Command {
	return []*Command{
		does(&productMachine, "product.create", Text{"创建数据产品", "created a product"}, true, createProduct),
		does(&productMachine, "product.submitReview", Text{"提交产品审核", "submitted a product for review"}, true, submitReview),
		does(&productMachine, "product.approve", Text{"审核通过产品", "approved a product"}, true, approveProduct),
		does(&productMachine, "product.return", Text{"退回产品", "returned a product"}, false, returnProduct),
		does(&productMachine, "product.newVersion", Text{"发布产品新版本", "added a product version"}, false, newProductVersion),
		does(&productMachine, "product.suspend", Text{"暂停产品", "suspended a product"}, false, suspendProduct),
		does(&productMachine, "product.resume", Text{"恢复产品", "resumed a product"}, false, resumeProduct),
		does(&productMachine, "product.retire", Text{"停用产品", "retired a product"}, false, retireProduct),
		does(&productMachine, "product.markHighQuality", Text{"标注高质量数据集（产品）", "marked a product as of high quality"}, false, markProduct),
		does(&resourceMachine, "resource.markHighQuality", Text{"标注高质量数据集（资源）", "marked a resource as of high quality"}, false, markResource),

		does(&listingMachine, "listing.submit", Text{"申请挂牌", "submitted a listing"}, true, submitListing),
		does(&listingMachine, "listing.clear", Text{"同意提供重要数据", "cleared important data for listing"}, false, clearListing),
		does(&listingMachine, "listing.approve", Text{"同意挂牌", "approved a listing"}, true, approveListing),
		does(&listingMachine, "listing.reject", Text{"不予挂牌", "rejected a listing"}, false, rejectListing),
		does(&listingMachine, "listing.pause", Text{"暂停挂牌", "paused a listing"}, false, pauseListing),
		does(&listingMachine, "listing.resume", Text{"恢复挂牌", "resumed a listing"}, false, resumeListing),
		does(&listingMachine, "listing.delist", Text{"摘牌", "delisted"}, false, delist),
		does(&listingMachine, "listing.expire", Text{"写明挂牌届满", "noted expiry of a listing"}, true, expireListing),

		does(&demandMachine, "demand.post", Text{"发布需求", "posted a demand"}, false, postDemand),
		does(&demandMachine, "demand.match", Text{"撮合需求", "matched a demand"}, false, matchDemand),
		does(&demandMachine, "demand.close", Text{"关闭需求", "closed a demand"}, false, closeDemand),
		does(&demandMachine, "demand.expire", Text{"写明需求届满", "noted expiry of a demand"}, false, expireDemand),

		does(&recognitionMachine, "recognition.propose", Text{"申请互认", "proposed a recognition"}, false, proposeRecognition),
		does(&recognitionMachine, "recognition.recognise", Text{"予以互认", "recognised a certificate"}, false, recognise),
		does(&recognitionMachine, "recognition.refreshStatus", Text{"更新互认状态", "refreshed a recognition's status"}, false, refreshRecognition),
		does(&recognitionMachine, "recognition.suspend", Text{"暂停互认", "suspended a recognition"}, false, suspendRecognition),
		does(&recognitionMachine, "recognition.end", Text{"终止互认", "ended a recognition"}, false, endRecognition),
	}
}

// tradesOnOwnAccount refuses the offices as owner, seller or buyer: a registrar
// (SD-1), an exchange (SD-2: venue and vendor are apart), a regulator (SD-4).
func tradesOnOwnAccount(field string, p *Participant) error {
	for _, x := range []struct {
		role Role
		rule string
		why  Text
	}{
		{RoleRegistrar, "SD-1", Text{"登记机构不得作为权利人、买方或卖方", "a registrar is neither owner, buyer nor seller"}},
		{RoleExchange, "SD-2", Text{"交易机构不得在本场所买卖：数据交易场所与数据商功能分离", "an exchange neither buys nor sells on its own venue: venue and vendor are apart"}},
		{RoleRegulator, "SD-4", Text{"监管部门不承担市场角色", "a regulator takes no part in the market"}},
	} {
		for _, r := range p.Roles {
			if r == x.role {
				return refuse(CodeSelf, "%[1]s", "%[2]s", x.why.Zh, x.why.En).at(field).on(p.USCC).by(x.rule)
			}
		}
	}
	return nil
}
