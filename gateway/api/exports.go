package api

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/datarights/datarights/chaincode/rights"
	"github.com/datarights/datarights/gateway/export"
	"github.com/datarights/datarights/gateway/index"
	"github.com/datarights/datarights/gateway/session"
)

// Media types of exports.
const (
	mediaLD   = "application/ld+json"
	mediaProv = "application/json"
)

const (
	// maxCatalogues is how many whole catalogues are written at once: each reads
	// the index from end to end.
	maxCatalogues = 2
	// catalogueStall is how long a reader of a catalogue may take for a piece of it,
	// and catalogueTime for the whole: slow readers must not keep others from theirs.
	catalogueStall = 15 * time.Second
	catalogueTime  = 30 * time.Minute
	// cataloguePiece is how much of it is written at once.
	cataloguePiece = 64 << 10
	// catalogueNames is how many participants' names are remembered at once.
	catalogueNames = 4096
	// maxBelong bounds the certificates and the listings that are shown of one thing.
	maxBelong = 100
)

// exportRoutes are the ledger in the field's own vocabularies.
func (s *server) exportRoutes(get func(string, gin.HandlerFunc) route) []route {
	return []route{
		get("/v1/exports/catalogue", s.exportCatalogue),
		get("/v1/exports/lineage/:id", s.exportLineage),
		get("/v1/exports/licence/:id", s.exportLicence),
		get("/v1/exports/vocabulary", s.exportVocabulary),
	}
}

var reHost = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$`)

// site is what documents call this gateway: its public address, or where it was
// asked.
func (s *server) site(c *gin.Context) export.Site {
	site := export.Site{Base: strings.TrimSuffix(s.opts.PublicURL, "/"), Name: rights.Text{Zh: "数据权利账本", En: "Data rights ledger"}}
	if site.Base == "" {
		scheme, host := "http", c.Request.Host
		if c.Request.TLS != nil {
			scheme = "https"
		}
		if !reHost.MatchString(host) {
			host = "gateway.invalid"
		}
		site.Base = scheme + "://" + host
	}
	return site
}

// exportVocabulary answers GET /v1/exports/vocabulary: what the terms of this
// project's own profile mean.
func (s *server) exportVocabulary(c *gin.Context) {
	if _, err := accept(c.Request); err != nil {
		s.fail(c, err)
		return
	}
	s.answerDocument(c, mediaLD, export.Vocabulary())
}

// answerDocument is answer in another media type.
func (s *server) answerDocument(c *gin.Context, media string, v any) {
	body, err := encode(v)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.answerBytes(c, media, body)
}

// licensed are the kinds of records that have a policy.
var licensed = []rights.Kind{rights.KindListing, rights.KindPermit, rights.KindGrant}

// exportLicence answers GET /v1/exports/licence/{id}: the terms of a listing,
// permit or grant as an ODRL policy, as far as the reader sees the record.
func (s *server) exportLicence(c *gin.Context) {
	if _, err := accept(c.Request); err != nil {
		s.fail(c, err)
		return
	}
	id := c.Param("id")
	for _, kind := range licensed {
		if !isOf(id, kind) {
			continue
		}
		policy, err := s.policyOf(s.site(c), kind, id, reader(c))
		if err != nil {
			s.fail(c, err)
			return
		}
		s.answerDocument(c, mediaLD, policy)
		return
	}
	s.fail(c, onField(notFound("exports/licence", id), "id"))
}

func onField(f *fault, field string) *fault {
	f.refusal.Field = field
	return f
}

func (s *server) policyOf(site export.Site, kind rights.Kind, id string, who *session.Identity) (map[string]any, error) {
	k := collectionOf(kind)
	e, err := s.record(k, id, who)
	if err != nil {
		return nil, err
	}
	switch kind {
	case rights.KindListing:
		l, err := asSeen[rights.Listing](s, k, e.JSON, who)
		if err != nil || l == nil {
			return nil, unseen(err, id)
		}
		return export.Offer(site, l), nil
	case rights.KindPermit:
		u, err := asSeen[rights.Permit](s, k, e.JSON, who)
		if err != nil || u == nil {
			return nil, unseen(err, id)
		}
		return export.PermitAgreement(site, u), nil
	default:
		g, err := asSeen[rights.Grant](s, k, e.JSON, who)
		if err != nil || g == nil {
			return nil, unseen(err, id)
		}
		return export.GrantAgreement(site, g), nil
	}
}

func unseen(err error, id string) error {
	if err != nil {
		return err
	}
	return forbidden(id)
}

// asSeen is a record with what who sees of it; nil when that is nothing.
func asSeen[T any](s *server, k *collection, raw json.RawMessage, who *session.Identity) (*T, error) {
	ms, err := s.recordFor(k, raw, who)
	if err != nil || ms == nil {
		return nil, err
	}
	v := new(T)
	if err := json.Unmarshal(object(ms), v); err != nil {
		return nil, fmt.Errorf("couldn't decode a record %s: %w", k.kind, err)
	}
	return v, nil
}

// catalogueKinds is the catalogue in the order it is written.
var catalogueKinds = []rights.Kind{rights.KindResource, rights.KindProduct, rights.KindListing}

// catalogue draws the public catalogue from the ledger at one height.
type catalogue struct {
	s     *server
	at    *ledgerAt
	names map[string]string
}

func (s *server) catalogueAt(ctx context.Context, height uint64) *catalogue {
	return &catalogue{s: s, at: &ledgerAt{s: s, ctx: ctx, height: height, asOf: math.MaxInt64}, names: map[string]string{}}
}

// thing is what the catalogue shows of a record as it stood; nil: nothing.
func (g *catalogue) thing(kind rights.Kind, e index.Entry) (*export.Catalogued, error) {
	raw, err := g.at.version(e)
	if err != nil || raw == nil {
		return nil, err
	}
	var x export.Catalogued
	var publisher string
	switch k := collectionOf(kind); kind {
	case rights.KindResource:
		x.Resource, err = asSeen[rights.Resource](g.s, k, raw, nil)
		if err != nil || x.Resource == nil || x.Resource.State != rights.StateCatalogued {
			return nil, err
		}
		publisher = x.Resource.HolderID
		if x.Certificates, err = belonging(g, rights.KindCertificate, "objectId", x.Resource.ID, certified); err != nil {
			return nil, err
		}
	case rights.KindProduct:
		x.Product, err = asSeen[rights.Product](g.s, k, raw, nil)
		if err != nil || x.Product == nil || x.Product.State != rights.StateApproved {
			return nil, err
		}
		publisher = x.Product.OwnerID
		if x.Certificates, err = belonging(g, rights.KindCertificate, "objectId", x.Product.ID, certified); err != nil {
			return nil, err
		}
		if x.Listings, err = belonging(g, rights.KindListing, "productId", x.Product.ID, onOffer); err != nil {
			return nil, err
		}
	default:
		x.Listing, err = asSeen[rights.Listing](g.s, k, raw, nil)
		if err != nil || x.Listing == nil || !onOffer(x.Listing) || x.Listing.ProductID != "" {
			return nil, err
		}
		publisher = x.Listing.SellerID
	}
	name, err := g.name(publisher)
	x.Publisher = export.Party{ID: publisher, Name: rights.Text{Zh: name}}
	return &x, err
}

func certified(c *rights.Certificate) bool {
	return c.State == rights.StateValid || c.State == rights.StateAdjusted
}

func onOffer(l *rights.Listing) bool { return l.State == rights.StateListed }

// belonging are the public parts of what names a record, newest first.
func belonging[T any](g *catalogue, kind rights.Kind, field, id string, is func(*T) bool) ([]T, error) {
	var all []T
	for cursor := ""; len(all) < maxBelong; {
		page, err := g.s.read.List(index.Query{Kind: kind, Where: map[string]string{field: id}, Cursor: cursor, Limit: maxBelong})
		if err != nil {
			return nil, err
		}
		for _, e := range page.Items {
			raw, err := g.at.version(e)
			if err != nil {
				return nil, err
			}
			if raw == nil {
				continue
			}
			v, err := asSeen[T](g.s, collectionOf(kind), raw, nil)
			if err != nil {
				return nil, err
			}
			if v != nil && is(v) && len(all) < maxBelong {
				all = append(all, *v)
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	return all, nil
}

func (g *catalogue) name(id string) (string, error) {
	if name, known := g.names[id]; known {
		return name, nil
	}
	var p rights.Participant
	if _, err := g.at.Find(rights.KindParticipant, id, &p); err != nil {
		return "", err
	}
	if len(g.names) >= catalogueNames {
		clear(g.names)
	}
	g.names[id] = p.Name
	return p.Name, nil
}

// head names the organisation that keeps the register as the publisher.
func (g *catalogue) head() (export.CatalogueHead, error) {
	h := export.CatalogueHead{Height: g.at.height, Publisher: export.Party{Name: rights.Text{Zh: "数据权利账本联盟", En: "Consortium of the data rights ledger"}}}
	if g.at.height > 0 {
		b, err := g.s.read.Block(g.at.height - 1)
		if err != nil {
			return h, err
		}
		h.Modified = b.At
	}
	for raw, err := range g.at.Records(rights.KindOrganisation, nil) {
		if err != nil {
			return h, err
		}
		var o rights.Organisation
		if err := json.Unmarshal(raw, &o); err != nil {
			return h, err
		}
		if o.Function == rights.FunctionRegistration {
			h.Publisher.Name = rights.Text{Zh: o.NameZh, En: o.Name}
		}
	}
	return h, nil
}

// A catalogue's cursor is "<height>.<number of the kind>.<cursor of the index>": all
// its pages are of one height.
func catalogueCursor(text string, present uint64) (height uint64, at int, cursor string, err error) {
	parts := strings.SplitN(text, ".", 3)
	if len(parts) != 3 {
		return 0, 0, "", index.ErrCursor
	}
	height, heightErr := strconv.ParseUint(parts[0], 10, 63)
	at, atErr := strconv.Atoi(parts[1])
	if heightErr != nil || atErr != nil || height > present || at < 0 || at >= len(catalogueKinds) || strconv.FormatUint(height, 10)+"."+strconv.Itoa(at) != parts[0]+"."+parts[1] {
		return 0, 0, "", index.ErrCursor
	}
	return height, at, parts[2], nil
}

// exportCatalogue answers GET /v1/exports/catalogue: whole, written while it is
// read, or page by page where limit or cursor is given.
func (s *server) exportCatalogue(c *gin.Context) {
	q, err := accept(c.Request, paging...)
	if err != nil {
		s.fail(c, err)
		return
	}
	if q["limit"] != "" || q["cursor"] != "" {
		s.cataloguePage(c, q)
		return
	}
	height := s.read.Status().Height
	etag := fmt.Sprintf(`"catalogue-%d"`, height)
	headers := func(status int) {
		h := c.Writer.Header()
		h.Set("ETag", "W/"+etag) // one height is one catalogue, but not byte for byte at every address
		h.Set("Cache-Control", "public, no-cache")
		h.Set("Ledger-Height", strconv.FormatUint(height, 10))
		h.Set("Content-Type", mediaLD)
		c.Status(status)
	}
	switch {
	case matches(c.GetHeader("If-None-Match"), etag):
		headers(http.StatusNotModified)
		return
	case c.Request.Method == http.MethodHead:
		headers(http.StatusOK)
		return
	}
	select {
	case s.catalogues <- struct{}{}:
		defer func() { <-s.catalogues }()
	default:
		f := refuse(CodeUnavailable, "", "正在导出的目录已满，请稍后再试，或以 limit 分页读取", "as many catalogues as may be are being written; try again shortly, or read it page by page with limit")
		f.retryAfter = 5 * time.Second
		s.fail(c, f)
		return
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), catalogueTime)
	defer cancel()
	g := s.catalogueAt(ctx, height)
	head, err := g.head()
	if err != nil {
		s.fail(c, err)
		return
	}
	headers(http.StatusOK)
	w := &patient{to: c.Writer, control: http.NewResponseController(c.Writer)}
	if err := s.writeCatalogue(w, g, s.site(c), head); err != nil {
		// What was sent cannot be taken back: the answer breaks off, so that nobody
		// takes the part for the whole.
		s.log.WarnContext(c.Request.Context(), "couldn't finish a catalogue", "requestId", requestID(c), "error", err)
		panic(http.ErrAbortHandler)
	}
}

func (s *server) writeCatalogue(w io.Writer, g *catalogue, site export.Site, head export.CatalogueHead) error {
	out := bufio.NewWriterSize(w, cataloguePiece)
	doc, err := export.NewCatalogue(out, site, head)
	if err != nil {
		return err
	}
	for _, kind := range catalogueKinds {
		for cursor := ""; ; {
			page, err := s.read.List(index.Query{Kind: kind, Oldest: true, Cursor: cursor, Limit: index.MaxLimit})
			if err = errors.Join(err, g.at.ctx.Err()); err != nil {
				return err
			}
			for _, e := range page.Items {
				x, err := g.thing(kind, e)
				if err == nil && x != nil {
					err = doc.Add(*x)
				}
				if err != nil {
					return err
				}
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
	}
	if err := doc.Close(nil); err != nil {
		return err
	}
	return out.Flush()
}

// patient gives a reader time for each piece of what is longer than the server's
// time for a whole answer.
type patient struct {
	to      io.Writer
	control *http.ResponseController
}

func (p *patient) Write(b []byte) (int, error) {
	// A writer that knows no deadlines has none to move.
	if err := p.control.SetWriteDeadline(time.Now().Add(catalogueStall)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return p.to.Write(b)
}

// cataloguePage answers one page of the catalogue, a catalogue of its own with a
// hydra:view that leads on.
func (s *server) cataloguePage(c *gin.Context, q map[string]string) {
	height, at, cursor := s.read.Status().Height, 0, ""
	if q["cursor"] != "" {
		var err error
		if height, at, cursor, err = catalogueCursor(q["cursor"], height); err != nil {
			s.fail(c, err)
			return
		}
	}
	g := s.catalogueAt(c.Request.Context(), height)
	head, err := g.head()
	if err != nil {
		s.fail(c, err)
		return
	}
	site, limit := s.site(c), pageSize(q)
	var body strings.Builder
	doc, err := export.NewCatalogue(&body, site, head)
	for n, scanned := 0, 0; err == nil && at < len(catalogueKinds) && n < limit && scanned < maxScan; {
		var page index.Page[index.Entry]
		if page, err = s.read.List(index.Query{Kind: catalogueKinds[at], Oldest: true, Cursor: cursor, Limit: limit - n}); err != nil {
			break
		}
		for _, e := range page.Items {
			var x *export.Catalogued
			if x, err = g.thing(catalogueKinds[at], e); err == nil && x != nil {
				n++
				err = doc.Add(*x)
			}
			if err != nil {
				break
			}
		}
		scanned += len(page.Items)
		if cursor = page.Next; cursor == "" {
			at++
		}
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	link := func(cursor string) string {
		v := url.Values{"limit": {strconv.Itoa(limit)}}
		if cursor != "" {
			v.Set("cursor", cursor)
		}
		return site.Base + "/v1/exports/catalogue?" + v.Encode()
	}
	view := &export.View{This: link(q["cursor"]), First: link("")}
	if at < len(catalogueKinds) {
		view.Next = link(fmt.Sprintf("%d.%d.%s", height, at, cursor))
	}
	if err := doc.Close(view); err != nil {
		s.fail(c, err)
		return
	}
	s.answerBytes(c, mediaLD, []byte(body.String()))
}
