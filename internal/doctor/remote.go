package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Offsets of clocks. A peer refuses a proposal further from its clock than the
// consortium's proposalTimeWindow, by default five minutes.
const (
	ClockWarn = 5 * time.Second
	ClockFail = 60 * time.Second
	// LagWarn is how many blocks a peer or index may be behind the others.
	LagWarn = 10
)

// ErrRunning says that the index is in use, as it should be while the gateway runs.
var ErrRunning = errors.New("the gateway has it open")

const maxAnswer = 4 << 20

// dial connects and, with roots, completes a TLS handshake.
func (d *Doctor) dial(ctx context.Context, address string, roots []string, name string) error {
	ctx, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // nothing was sent
	if len(roots) == 0 {
		return nil
	}
	pool := x509.NewCertPool()
	for _, file := range roots {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		pool.AppendCertsFromPEM(text)
	}
	if name == "" {
		name, _, _ = net.SplitHostPort(address)
	}
	return tls.Client(conn, &tls.Config{RootCAs: pool, ServerName: name, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2"}}).HandshakeContext(ctx)
}

func (d *Doctor) ports(ctx context.Context, n *Node) []Finding {
	found := make([]Finding, len(n.Ports))
	var all sync.WaitGroup
	for i, p := range n.Ports {
		all.Go(func() {
			subject := p.Name + " " + p.Address
			err := d.dial(ctx, p.Address, p.Roots, p.ServerName)
			var unknownCA x509.UnknownAuthorityError
			var host x509.HostnameError
			switch {
			case err == nil:
				found[i] = ok(subject, "可连接", "reachable")
			case errors.As(err, &unknownCA), errors.As(err, &host):
				found[i] = finding(LevelFail, subject, "TLS 证书不对："+err.Error(), "its TLS certificate is wrong: "+err.Error(), "该节点的证书与信任根不符；见 certificates 的结果", "the node's certificate and the trusted root do not fit; see certificates")
			default:
				level := LevelFail
				if !p.Ours {
					level = LevelWarn
				}
				zh, en := "看进程和防火墙", "look at the process and the firewall"
				if p.Process != "" {
					zh, en = "datarights network start "+p.Process+"；仍不行看日志", "datarights network start "+p.Process+"; if that does not help, its log"
				}
				found[i] = finding(level, subject, "连不上："+err.Error(), "can't be reached: "+err.Error(), zh, en)
			}
		})
	}
	all.Wait()
	return found
}

func (d *Doctor) operations(ctx context.Context, n *Node) (list []Finding) {
	for _, o := range n.Operations {
		if err := d.healthz(ctx, o); err != nil {
			list = append(list, finding(LevelFail, o.Name, "运维端点不正常："+err.Error(), "its operations endpoint is not well: "+err.Error(), "datarights network restart "+o.Name+"；再看日志", "datarights network restart "+o.Name+"; then its log"))
			continue
		}
		list = append(list, ok(o.Name, "/healthz 正常", "/healthz is well"))
	}
	return list
}

func (d *Doctor) healthz(ctx context.Context, o Operations) error {
	cert, err := tls.LoadX509KeyPair(filepath.Join(o.Identity, "client.crt"), filepath.Join(o.Identity, "client.key"))
	if err != nil {
		return errors.New("the administrator's TLS certificate can't be used")
	}
	text, err := os.ReadFile(o.Roots)
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	transport := &http.Transport{TLSClientConfig: &tls.Config{Certificates: []tls.Certificate{cert}, RootCAs: pool, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	_, _, err = d.get(ctx, &http.Client{Transport: transport}, o.URL+"/healthz")
	return err
}

// get returns the body and the offset of the server's clock.
func (d *Doctor) get(ctx context.Context, c *http.Client, url string) (body []byte, date time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, date, err
	}
	response, err := c.Do(request)
	if err != nil {
		return nil, date, err
	}
	defer func() { _ = response.Body.Close() }() // only read
	date, _ = http.ParseTime(response.Header.Get("Date"))
	body, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("HTTP %d: %.200s", response.StatusCode, strings.TrimSpace(string(body)))
	}
	return body, date, err
}

func (d *Doctor) orderers(ctx context.Context, n *Node) []Finding {
	if len(n.Orderers) == 0 {
		return nil
	}
	up := make([]bool, len(n.Orderers))
	var all sync.WaitGroup
	for i, o := range n.Orderers {
		all.Go(func() { up[i] = d.dial(ctx, o.Address, o.Roots, "") == nil })
	}
	all.Wait()
	var down []string
	for i, o := range n.Orderers {
		if !up[i] {
			down = append(down, o.Organisation)
		}
	}
	total := len(n.Orderers)
	faulty := (total - 1) / 3
	need := (total + faulty + 2) / 2 // ⌈(n+f+1)/2⌉, SmartBFT's quorum
	have := total - len(down)
	zh, en := fmt.Sprintf("%d 个排序节点中 %d 个可达，出块需 %d 个", total, have, need), fmt.Sprintf("%d of %d orderers answer, %d are needed for a block", have, total, need)
	if len(down) > 0 {
		zh, en = zh+"；连不上："+strings.Join(down, "、"), en+"; not: "+strings.Join(down, ", ")
	}
	switch {
	case have < need:
		return []Finding{finding(LevelFail, "orderers", zh, en, "不再出块。先救回任一排序节点；读取不受影响", "no blocks are made. Bring any orderer back; reads go on")}
	case have == need && total > need:
		return []Finding{finding(LevelWarn, "orderers", zh, en, "再坏一个就停止出块；请通知该机构", "one more and no blocks are made; tell that organisation")}
	case have < total:
		return []Finding{finding(LevelWarn, "orderers", zh, en, "请通知该机构", "tell that organisation")}
	}
	return []Finding{ok("orderers", zh, en)}
}

type ready struct {
	Status       string `json:"status"`
	LedgerHeight uint64 `json:"ledgerHeight"`
	IndexHeight  uint64 `json:"indexHeight"`
}

// readiness asks a gateway, which says where it stands also when it is not ready.
func (d *Doctor) readiness(ctx context.Context, g Gateway) (r ready, err error) {
	body, _, err := d.get(ctx, d.Client, g.URL+"/readyz")
	if json.Unmarshal(body, &r) == nil && r.Status != "" {
		return r, nil
	}
	if err == nil {
		err = errors.New("it does not answer as a gateway does")
	}
	return r, err
}

func ours(n *Node) (Gateway, bool) {
	for _, g := range n.Gateways {
		if g.Ours {
			return g, true
		}
	}
	return Gateway{}, false
}

func (d *Doctor) gateway(ctx context.Context, n *Node) []Finding {
	g, there := ours(n)
	if !there {
		return nil
	}
	r, err := d.readiness(ctx, g)
	name := strings.ToLower(n.Organisation)
	switch {
	case err != nil:
		return []Finding{finding(LevelFail, g.URL, "网关没有答复："+err.Error(), "the gateway does not answer: "+err.Error(), "datarights network start "+name+"-gateway；看其日志", "datarights network start "+name+"-gateway; look at its log")}
	case r.Status == "unreachable":
		return []Finding{finding(LevelFail, g.URL, "网关连不上本机构节点", "the gateway does not reach its own peer", "datarights network restart "+name+"-peer", "datarights network restart "+name+"-peer")}
	case r.Status != "ready":
		return []Finding{finding(LevelWarn, g.URL, fmt.Sprintf("索引落后：%d / %d", r.IndexHeight, r.LedgerHeight), fmt.Sprintf("the index lags: %d of %d blocks", r.IndexHeight, r.LedgerHeight), "等它赶上；若不前进，看网关日志与磁盘", "wait; if it does not move, look at the gateway's log and the disk")}
	}
	return []Finding{ok(g.URL, fmt.Sprintf("就绪，高度 %d", r.IndexHeight), fmt.Sprintf("ready at height %d", r.IndexHeight))}
}

func (d *Doctor) index(_ context.Context, n *Node) []Finding {
	if n.Index == nil {
		return nil
	}
	h, err := n.Index()
	switch {
	case errors.Is(err, ErrRunning):
		return []Finding{ok("index", "网关正在使用", "in use by the gateway")}
	case err != nil:
		return []Finding{finding(LevelFail, "index", "索引打不开："+err.Error(), "the index can't be opened: "+err.Error(), "datarights index rebuild --config gateway.yaml：只用本节点的区块重建", "datarights index rebuild --config gateway.yaml: it comes from the own peer's blocks alone")}
	}
	return []Finding{ok("index", fmt.Sprintf("格式正确，检查点在 %d", h), fmt.Sprintf("of this program's format, checkpoint at %d", h))}
}

// heights compares the own peer with what the other organisations' gateways say.
func (d *Doctor) heights(ctx context.Context, n *Node) []Finding {
	g, there := ours(n)
	if !there {
		return nil
	}
	own, err := d.readiness(ctx, g)
	if err != nil {
		return []Finding{unknown("heights", errors.New("the own gateway does not answer"))}
	}
	var most uint64
	asked := 0
	for _, other := range n.Gateways {
		if r, err := d.readiness(ctx, other); err == nil && !other.Ours {
			asked++
			most = max(most, r.LedgerHeight)
		}
	}
	switch {
	case asked == 0:
		return []Finding{unknown("heights", errors.New("no other organisation's gateway answers"))}
	case own.LedgerHeight+LagWarn < most:
		return []Finding{finding(LevelWarn, "heights", fmt.Sprintf("本节点高度 %d，其他机构 %d", own.LedgerHeight, most), fmt.Sprintf("the own peer is at %d, the others at %d", own.LedgerHeight, most),
			"若在增长，等待；否则 network restart "+strings.ToLower(n.Organisation)+"-peer，再重启排序节点", "if it grows, wait; else network restart "+strings.ToLower(n.Organisation)+"-peer, then its orderer")}
	}
	return []Finding{ok("heights", fmt.Sprintf("本节点 %d，其他机构 %d", own.LedgerHeight, most), fmt.Sprintf("own peer %d, others %d", own.LedgerHeight, most))}
}

type digest struct {
	Height uint64 `json:"height"`
	Digest string `json:"digest"`
}

// digests compares all indexes at the lowest height that they all have.
func (d *Doctor) digests(ctx context.Context, n *Node) []Finding {
	ask := func(g Gateway, query string) (a digest, err error) {
		body, _, err := d.get(ctx, d.Client, g.URL+"/v1/index/digest"+query)
		if err == nil {
			err = json.Unmarshal(body, &a)
		}
		return a, err
	}
	var up []Gateway
	var lowest uint64
	own := false
	for _, g := range n.Gateways {
		if a, err := ask(g, ""); err == nil {
			up, own = append(up, g), own || g.Ours
			if len(up) == 1 || a.Height < lowest {
				lowest = a.Height
			}
		}
	}
	if len(up) < 2 || !own {
		return []Finding{unknown("digests", errors.New("fewer than two gateways answer, the own one among them"))}
	}
	by := map[string][]string{}
	for _, g := range up {
		if a, err := ask(g, fmt.Sprintf("?height=%d", lowest)); err == nil {
			by[a.Digest] = append(by[a.Digest], g.Organisation)
		}
	}
	if len(by) == 1 {
		return []Finding{ok("digests", fmt.Sprintf("%d 家机构在高度 %d 的摘要相同", len(up), lowest), fmt.Sprintf("%d organisations have the same digest at height %d", len(up), lowest))}
	}
	var parts []string
	for digest, orgs := range by {
		parts = append(parts, fmt.Sprintf("%.16s…: %s", digest, strings.Join(orgs, ", ")))
	}
	return []Finding{finding(LevelFail, "digests", fmt.Sprintf("高度 %d 的摘要不同：%s", lowest, strings.Join(parts, "; ")), fmt.Sprintf("the digests at height %d differ: %s", lowest, strings.Join(parts, "; ")),
		"少数一方：停网关，index check，index rebuild；仍不同则停用该节点并比对区块", "the minority: stop the gateway, index check, index rebuild; if it still differs, stop using that peer and compare blocks")}
}

// clock compares this host's clock with what the other gateways' answers say,
// and takes the middle: one wrong clock elsewhere is not ours.
func (d *Doctor) clock(ctx context.Context, n *Node) []Finding {
	var offsets []time.Duration
	for _, g := range n.Gateways {
		if g.Ours {
			continue
		}
		before := d.Now()
		_, date, _ := d.get(ctx, d.Client, g.URL+"/livez")
		if date.IsZero() {
			continue
		}
		// The header has whole seconds: half of one is added, on the average right.
		middle := before.Add(d.Now().Sub(before) / 2)
		offsets = append(offsets, middle.Sub(date.Add(500*time.Millisecond)))
	}
	if len(offsets) == 0 {
		return []Finding{unknown("clock", errors.New("no other organisation's gateway answers"))}
	}
	off := median(offsets).Round(100 * time.Millisecond)
	zh, en := fmt.Sprintf("本机时钟与其他机构相差 %s", off), fmt.Sprintf("this host's clock is %s off the others'", off)
	remedyZh, remedy := "校时：timedatectl set-ntp true；相差超过 proposalTimeWindow 时交易被拒", "set the clock: timedatectl set-ntp true; further than proposalTimeWindow and transactions are refused"
	switch {
	case off.Abs() > ClockFail:
		return []Finding{finding(LevelFail, "clock", zh, en, remedyZh, remedy)}
	case off.Abs() > ClockWarn:
		return []Finding{finding(LevelWarn, "clock", zh, en, remedyZh, remedy)}
	}
	return []Finding{ok("clock", zh, en)}
}

func median(list []time.Duration) time.Duration {
	for i := range list { // few enough
		for j := i + 1; j < len(list); j++ {
			if list[j] < list[i] {
				list[i], list[j] = list[j], list[i]
			}
		}
	}
	return list[(len(list)-1)/2]
}

// platformKey asks the own gateway's metrics whether its key is enrolled.
func (d *Doctor) platformKey(ctx context.Context, n *Node) []Finding {
	g, there := ours(n)
	if !n.PlatformKey || !there {
		return nil
	}
	body, _, err := d.get(ctx, d.Client, g.URL+"/metrics")
	if err != nil {
		return []Finding{unknown("platform-key", errors.New("the own gateway does not answer"))}
	}
	value := func(name string) string {
		for line := range strings.SplitSeq(string(body), "\n") {
			if rest, found := strings.CutPrefix(line, name+" "); found {
				return strings.TrimSpace(rest)
			}
		}
		return ""
	}
	if value("datarights_platform_key_enrolled") != "1" {
		return []Finding{finding(LevelWarn, "platform-key", "平台密钥尚未登记：不出匹配标签，不比对，不报警", "the platform's key is not enrolled: no match tags, no comparison, no alerts",
			"datarights network enrol … --role platform --key matchtag-signer.pem", "datarights network enrol … --role platform --key matchtag-signer.pem")}
	}
	epoch := value("datarights_platform_key_epoch")
	return []Finding{ok("platform-key", "平台密钥已登记，第 "+epoch+" 期", "the platform's key is enrolled, epoch "+epoch)}
}
