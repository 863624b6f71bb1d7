package supervisor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
)

// Report is what the control channel answers about the children.
type Report struct {
	Processes []Status `json:"processes"`
	Events    []Event  `json:"events"`
}

const maxSpecBytes = 1 << 20

// Handler is the control channel. Who may connect may start any program, so it
// is served only on a socket in a folder closed to others.
func (s *Supervisor) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /processes", func(w http.ResponseWriter, _ *http.Request) {
		processes, events := s.Snapshot()
		WriteJSON(w, http.StatusOK, Report{processes, events})
	})
	mux.HandleFunc("PUT /processes", func(w http.ResponseWriter, r *http.Request) {
		var spec Spec
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxSpecBytes)).Decode(&spec); err != nil {
			writeError(w, http.StatusBadRequest, fmt.Errorf("couldn't read the process: %w", err))
			return
		}
		s.answer(w, s.Put(r.Context(), spec))
	})
	actions := map[string]func(context.Context, string) error{"start": s.Start, "stop": s.Stop, "restart": s.Restart, "kill": s.Kill}
	mux.HandleFunc("POST /processes/{name}/{action}", func(w http.ResponseWriter, r *http.Request) {
		act, ok := actions[r.PathValue("action")]
		if !ok {
			writeError(w, http.StatusNotFound, fmt.Errorf("no action %q: there are start, stop, restart and kill", r.PathValue("action")))
			return
		}
		s.answer(w, act(r.Context(), r.PathValue("name")))
	})
	return mux
}

func (s *Supervisor) answer(w http.ResponseWriter, err error) {
	switch {
	case err == nil:
		w.WriteHeader(http.StatusNoContent)
	case errors.Is(err, ErrUnknown):
		writeError(w, http.StatusNotFound, err)
	case errors.Is(err, ErrDown), errors.Is(err, ErrClosed):
		writeError(w, http.StatusConflict, err)
	default:
		writeError(w, http.StatusInternalServerError, err)
	}
}

// WriteJSON answers with a JSON document.
func WriteJSON(w http.ResponseWriter, status int, document any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(document) // the client has gone
}

func writeError(w http.ResponseWriter, status int, err error) {
	WriteJSON(w, status, map[string]string{"error": err.Error()})
}

// Client speaks to a supervisor over its control socket.
type Client struct{ http http.Client }

// NewClient makes a client of the socket at path; it connects on each request.
func NewClient(path string) *Client {
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		},
	}
	return &Client{http.Client{Transport: transport}}
}

// Put is Supervisor.Put.
func (c *Client) Put(ctx context.Context, spec Spec) error {
	return c.Call(ctx, http.MethodPut, "/processes", spec, nil)
}

// Act is start, stop, restart or kill.
func (c *Client) Act(ctx context.Context, action, name string) error {
	return c.Call(ctx, http.MethodPost, "/processes/"+url.PathEscape(name)+"/"+url.PathEscape(action), nil, nil)
}

// Report asks for the children and the latest events.
func (c *Client) Report(ctx context.Context) (Report, error) {
	var report Report
	return report, c.Call(ctx, http.MethodGet, "/processes", nil, &report)
}

// Call sends one request and decodes the answer into result unless it is nil.
func (c *Client) Call(ctx context.Context, method, path string, body, result any) error {
	var content io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("couldn't encode the request: %w", err)
		}
		content = bytes.NewReader(data)
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://supervisor"+path, content)
	if err != nil {
		return fmt.Errorf("couldn't make the request: %w", err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return fmt.Errorf("couldn't reach the supervisor: %w", err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, 16<<20))
	if err != nil {
		return fmt.Errorf("couldn't read the supervisor's answer: %w", err)
	}
	if response.StatusCode >= 300 {
		var problem struct{ Error string }
		if json.Unmarshal(data, &problem) != nil || problem.Error == "" {
			problem.Error = response.Status
		}
		return errors.New(problem.Error)
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(data, result); err != nil {
		return fmt.Errorf("couldn't decode the supervisor's answer: %w", err)
	}
	return nil
}
