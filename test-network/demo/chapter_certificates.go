package demo

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/datarights/datarights/chaincode/rights"
)

// certNo is a certificate number of this month, in the order of the story.
func certNo(n int) string {
	return fmt.Sprintf("SJ321%s%04d", time.Now().In(time.FixedZone("Asia/Shanghai", 8*3600)).Format("200601"), n)
}

// certificates: what no one objected to is recorded, one by one and in bulk.
func (s *story) certificates(ctx context.Context) error {
	first, series := s.id(energy.key+"-submit", rights.KindCase), s.receipts["series-submit"].ids(rights.KindCase)
	if err := s.awaitNotice(ctx, first); err != nil {
		return err
	}
	if _, err := s.do(ctx, step{name: "record", who: registrar, zh: "公示期满无异议：登记三种权利并发证", en: "the notice ended without objection: three rights and a certificate",
		command: "registration.record", body: rights.RecordCase{CaseID: first, CertNo: certNo(1)}}); err != nil {
		return err
	}
	if err := s.awaitNotice(ctx, series[len(series)-1]); err != nil {
		return err
	}
	var items []any
	for i, id := range series {
		items = append(items, map[string]any{"caseId": id, "certNo": certNo(i + 2)})
	}
	if _, err := s.do(ctx, step{name: "series-record", who: registrar, zh: fmt.Sprintf("一个签名登记 %d 件：%d 项权利、%d 张凭证", len(series), 3*len(series), len(series)),
		en:      fmt.Sprintf("one signature records %d cases: %d rights, %d certificates", len(series), 3*len(series), len(series)),
		command: "registration.recordBatch", body: map[string]any{"items": items}}); err != nil {
		return err
	}
	return s.verification(ctx)
}

// awaitNotice waits until the case's notice has ended, by the ledger's dates.
func (s *story) awaitNotice(ctx context.Context, caseID string) error {
	var c rights.Case
	if err := s.get(ctx, registrar.gateway, "/v1/registrations/"+caseID, nil, &c); err != nil {
		return err
	}
	if c.State != rights.StatePublicNotice {
		return nil
	}
	return s.wait(ctx, c.NoticeEndsAt, "公示期", "the notice runs")
}

// verification: a bank asks its own gateway, fed by its own peer.
func (s *story) verification(ctx context.Context) error {
	no := s.id("record", rights.KindCertificate)
	var cert rights.Certificate
	if err := s.get(ctx, bank.gateway, "/v1/certificates/"+no, nil, &cert); err != nil {
		return err
	}
	var verdict struct {
		Exists bool   `json:"exists"`
		State  string `json:"state"`
		Hash   struct {
			Matches string `json:"matches"`
		} `json:"hash"`
		Rights []struct {
			Kind      string `json:"kind"`
			Effective struct {
				Now bool `json:"now"`
			} `json:"effective"`
		} `json:"rights"`
	}
	if err := s.get(ctx, bank.gateway, "/v1/certificates/"+no+"/verify", url.Values{"hash": {cert.ContentRoot}}, &verdict); err != nil {
		return err
	}
	effective := 0
	for _, r := range verdict.Rights {
		if r.Effective.Now {
			effective++
		}
	}
	if !verdict.Exists || verdict.Hash.Matches != "contentRoot" || verdict.State != string(rights.StateValid) || effective != 3 {
		return fmt.Errorf("the bank's gateway does not confirm certificate %s: %+v", no, verdict)
	}
	s.tell(fmt.Sprintf("合作银行经自己的网关核验凭证 %s：有效，%d 项权利现时生效", no, effective),
		fmt.Sprintf("the bank verifies certificate %s through its own gateway: valid, %d rights effective now", no, effective),
		fmt.Sprintf("GET %s/v1/certificates/%s/verify", s.url(bank.gateway), no))
	return nil
}
