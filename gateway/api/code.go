package api

import (
	"net/http"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/session"
)

// Codes that the gateway itself answers with, beside those of package rights.
const (
	CodeUnavailable    rights.Code = "E_UNAVAILABLE"     // nothing was written; try again after Retry-After
	CodeUnknownOutcome rights.Code = "E_UNKNOWN_OUTCOME" // sent, fate not learned; sending the same command again is safe
	CodeInternal       rights.Code = "E_INTERNAL"        // a fault of this gateway or of the ledger
	CodeRate           rights.Code = "E_RATE"            // too many requests from one client
	CodeSession                    = session.CodeSession // no session, or it is over
	CodeForbidden      rights.Code = "E_FORBIDDEN"       // a session that may not read this
	CodeMethod         rights.Code = "E_METHOD"          // the path exists, not with this method
	CodeCursor         rights.Code = "E_CURSOR"          // a cursor this list did not give out
	CodeMediaType      rights.Code = "E_MEDIA_TYPE"      // a body of another kind than asked for
	CodeMisdirected    rights.Code = "E_MISDIRECTED"     // private data that this gateway's organisation may not see
)

// codeInfo says how a code is answered.
type codeInfo struct {
	code   rights.Code
	status int
	title  rights.Text
	advice rights.Text // what to do about it
}

// codes lists every code the gateway answers with, in the order of /docs/errors.
var codes = []codeInfo{
	{rights.CodeFormat, 400, rights.Text{Zh: "格式不符", En: "Malformed"}, rights.Text{Zh: "按 field 指出的字段修改。", En: "Correct the field named in field."}},
	{CodeCursor, 400, rights.Text{Zh: "游标无效", En: "Invalid cursor"}, rights.Text{Zh: "只使用同一查询返回的 next。", En: "Only use next as the same query returned it."}},
	{rights.CodeSignature, 401, rights.Text{Zh: "签名无效", En: "Invalid signature"}, rights.Text{Zh: "以 SM2 密钥、签名者标识 1234567812345678 对 header.payload 重新签名。", En: "Sign header.payload again with the SM2 key and signer ID 1234567812345678."}},
	{rights.CodeKey, 401, rights.Text{Zh: "密钥不可用", En: "Key not usable"}, rights.Text{Zh: "kid 须为账本上有效的密钥。", En: "kid must name a key that is active on the ledger."}},
	{rights.CodeExpired, 401, rights.Text{Zh: "指令不在有效时间内", En: "Outside its time"}, rights.Text{Zh: "校准时钟，用新的 id、iat、exp 重新签名。", En: "Set the clock and sign again with a new id, iat and exp."}},
	{CodeSession, 401, rights.Text{Zh: "需要会话", En: "Session needed"}, rights.Text{Zh: "经 /v1/challenges 与 /v1/sessions 打开会话。", En: "Open one through /v1/challenges and /v1/sessions."}},
	{CodeForbidden, 403, rights.Text{Zh: "无权查阅", En: "Not yours to read"}, rights.Text{Zh: "仅当事人与职能机构可查阅。", En: "Only the parties and the offices may read this."}},
	{rights.CodeRole, 403, rights.Text{Zh: "无此职权", En: "Not within the actor's role"}, rights.Text{Zh: "由有此职权的主体、经其本机构网关提交。", En: "Have it sent by who holds the role, through its own organisation's gateway."}},
	{rights.CodeSelf, 403, rights.Text{Zh: "违反职责分离", En: "Separation of duties"}, rights.Text{Zh: "须由另一主体办理。", En: "Another participant has to do this."}},
	{rights.CodeInactive, 403, rights.Text{Zh: "主体未生效", En: "Participant not active"}, rights.Text{Zh: "等待准入或恢复。", En: "Wait to be admitted or resumed."}},
	{rights.CodeNotFound, 404, rights.Text{Zh: "不存在", En: "Not found"}, rights.Text{Zh: "核对标识；刚写入的记录用 at_least 读取。", En: "Check the id; read what was just written with at_least."}},
	{CodeMethod, 405, rights.Text{Zh: "方法不允许", En: "Method not allowed"}, rights.Text{Zh: "见 Allow 头。", En: "See the Allow header."}},
	{rights.CodeState, 409, rights.Text{Zh: "当前状态不允许", En: "Not in this state"}, rights.Text{Zh: "读取记录的当前状态。", En: "Read the record's present state."}},
	{rights.CodeExists, 409, rights.Text{Zh: "已存在", En: "Exists already"}, rights.Text{Zh: "使用已有记录或换用新标识。", En: "Use the record there is, or another id."}},
	{rights.CodeDup, 409, rights.Text{Zh: "重复登记", En: "Duplicate registration"}, rights.Text{Zh: "见 record 指出的记录。", En: "See the record named in record."}},
	{rights.CodeReplay, 409, rights.Text{Zh: "指令标识已用于其他内容", En: "Command id used for other bytes"}, rights.Text{Zh: "重试须发送相同字节；新指令须用新 id。", En: "To retry send the same bytes; a new command needs a new id."}},
	{rights.CodeTooLarge, 413, rights.Text{Zh: "过大", En: "Too large"}, rights.Text{Zh: "拆成多条指令。", En: "Split it into several commands."}},
	{CodeMediaType, 415, rights.Text{Zh: "媒体类型不支持", En: "Unsupported media type"}, rights.Text{Zh: "使用文档所列 Content-Type。", En: "Use the Content-Type the documentation names."}},
	{CodeMisdirected, 421, rights.Text{Zh: "不是本网关可处理的保密内容", En: "Private data of others"}, rights.Text{Zh: "改经交易机构或监管机构的网关；质押亦可经质权银行的网关。", En: "Use the exchange's or the regulator's gateway; for a pledge also its bank's."}},
	{rights.CodeBatch, 422, rights.Text{Zh: "批量指令中有错误项", En: "Faulty items in a batch"}, rights.Text{Zh: "整批未生效；修改 items 所列各项后重发。", En: "Nothing was applied; correct what items lists and send a new command."}},
	{rights.CodeTerm, 422, rights.Text{Zh: "超出期限", En: "Outside its term"}, rights.Text{Zh: "见 detail。", En: "See detail."}},
	{rights.CodeScope, 422, rights.Text{Zh: "超出依据的范围", En: "Outside the scope of its basis"}, rights.Text{Zh: "见 detail。", En: "See detail."}},
	{rights.CodeQuota, 422, rights.Text{Zh: "超出额度", En: "Over quota"}, rights.Text{Zh: "见 detail。", En: "See detail."}},
	{rights.CodeBasis, 422, rights.Text{Zh: "依据缺失或失效", En: "Basis missing or not effective"}, rights.Text{Zh: "写明有效的依据。", En: "Name a basis that is effective."}},
	{rights.CodeEnc, 422, rights.Text{Zh: "存在权利负担", En: "Encumbered"}, rights.Text{Zh: "先解除 detail 所列负担。", En: "Have the encumbrance lifted first."}},
	{rights.CodeConsent, 422, rights.Text{Zh: "缺少同意", En: "Consent missing"}, rights.Text{Zh: "取得所需同意。", En: "Obtain the consent."}},
	{rights.CodeGrade, 422, rights.Text{Zh: "数据分级不允许", En: "Forbidden by its grade"}, rights.Text{Zh: "见 detail。", En: "See detail."}},
	{rights.CodeResale, 422, rights.Text{Zh: "无转售许可", En: "Resale without permission"}, rights.Text{Zh: "见 detail。", En: "See detail."}},
	{rights.CodeLineage, 422, rights.Text{Zh: "血缘断裂", En: "Lineage broken"}, rights.Text{Zh: "见 detail。", En: "See detail."}},
	{rights.CodeMoney, 422, rights.Text{Zh: "金额不平", En: "Amounts do not add up"}, rights.Text{Zh: "见 detail。", En: "See detail."}},
	{rights.CodeDeadline, 422, rights.Text{Zh: "期限未到或已过", En: "Too early or too late"}, rights.Text{Zh: "见 detail。", En: "See detail."}},
	{rights.CodePriceCap, 422, rights.Text{Zh: "超过最高价", En: "Above the ceiling"}, rights.Text{Zh: "见 detail。", En: "See detail."}},
	{rights.CodeProfile, 422, rights.Text{Zh: "缺少规则参数或工作日历", En: "Rule profile or calendar missing"}, rights.Text{Zh: "由监管部门发布。", En: "The regulator has to publish it."}},
	{CodeRate, 429, rights.Text{Zh: "请求过于频繁", En: "Too many requests"}, rights.Text{Zh: "按 Retry-After 等待。", En: "Wait as Retry-After says."}},
	{CodeInternal, 500, rights.Text{Zh: "内部错误", En: "Internal error"}, rights.Text{Zh: "连同 requestId 告知运维。", En: "Tell the operator, with requestId."}},
	{CodeUnavailable, 503, rights.Text{Zh: "暂不可用", En: "Temporarily unavailable"}, rights.Text{Zh: "未写入任何内容；按 Retry-After 重发相同指令。", En: "Nothing was written; send the same again after Retry-After."}},
	{CodeUnknownOutcome, 504, rights.Text{Zh: "结果未知", En: "Outcome unknown"}, rights.Text{Zh: "查询 txId，或重发相同指令（至多生效一次）。", En: "Ask for txId, or send the same command again; it is applied at most once."}},
}

var codeIndex = func() map[rights.Code]codeInfo {
	m := make(map[rights.Code]codeInfo, len(codes))
	for _, c := range codes {
		m[c.code] = c
	}
	return m
}()

// describe maps a code to its status and words. A code that a newer chaincode
// brought is still a refusal.
func describe(code rights.Code) codeInfo {
	if c, ok := codeIndex[code]; ok {
		return c
	}
	return codeInfo{code: code, status: http.StatusUnprocessableEntity, title: rights.Text{Zh: "不予受理", En: "Refused"}}
}
