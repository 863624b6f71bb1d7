package gateway

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"
	"go.yaml.in/yaml/v3"
)

// EnvPrefix begins the names of the environment's settings: limits.commitTimeout
// is DATARIGHTS_GATEWAY_LIMITS_COMMIT_TIMEOUT.
const EnvPrefix = "DATARIGHTS_GATEWAY_"

// Layers are where settings come from. What is later in the list counts: files
// in their order, the environment, flags.
type Layers struct {
	Files []string
	Env   []string // as os.Environ has it; what does not begin with EnvPrefix is not ours
	Flags []Flag
}

// Flag is one setting of the command line.
type Flag struct {
	Name  string // as it is shown when the value is no good: --listen, --set
	Key   string
	Value string
}

// Fault is one thing that is wrong with a configuration, and where it stands.
type Fault struct {
	At     string `json:"at"` // file:line:column, the environment's variable or the flag
	Key    string `json:"key,omitempty"`
	Zh     string `json:"zh"`
	Detail string `json:"detail"`
}

func (f *Fault) Error() string {
	text := f.At
	if f.Key != "" {
		text += ": " + f.Key
	}
	return text + ": " + f.Detail
}

// Faults are all that is wrong at once.
type Faults []*Fault

func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Setting is a key with its value and where it comes from.
type Setting struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Source string `json:"source"` // file:line:column, variable, flag, or default
}

// SourceDefault is the source of what nobody set.
const SourceDefault = "default"

// pathKeys are resolved against the folder of the file that names them; from
// the environment or a flag against the working directory.
var pathKeys = []string{
	"indexDir", "peer.tlsCA", "identity.cert", "identity.key", "network.statusSocket", "tls.cert", "tls.key",
	"trace.sketchDir", "trace.marksDir", "matchTag.keyFile", "matchTag.signerKey", "webhooks.dir", "webhooks.keyFile",
}

// Load puts the layers together and checks what comes of it. The error is a
// Faults unless a file cannot be read.
func Load(l Layers) (*Config, []Setting, error) {
	b := newLayering()
	for _, file := range l.Files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, nil, fmt.Errorf("couldn't read the gateway's configuration: %w", err)
		}
		folder, err := filepath.Abs(filepath.Dir(file))
		if err != nil {
			return nil, nil, fmt.Errorf("couldn't find the folder of %s: %w", file, err)
		}
		b.file(file, text, folder)
	}
	here, err := os.Getwd()
	if err != nil {
		return nil, nil, fmt.Errorf("couldn't find the working directory: %w", err)
	}
	b.environment(l.Env, here)
	for _, f := range l.Flags {
		b.text(f.Name, f.Key, f.Value, here)
	}
	return b.finish()
}

// layering is a configuration while layers are laid over one another.
type layering struct {
	config Config
	keys   []string          // every leaf, in the order of the structure
	at     map[string]string // where a leaf, or a section, was set last
	first  string            // what to name where nothing is set
	faults Faults
	meant  map[string]bool // keys that a misspelt one was probably meant to be
}

func newLayering() *layering {
	b := &layering{at: map[string]string{}, meant: map[string]bool{}}
	b.keys = leaves("", reflect.TypeFor[Config]())
	return b
}

var durationType = reflect.TypeFor[time.Duration]()

// section says whether a type has settings below it.
func section(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind() == reflect.Struct
}

func yamlName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return name
}

func leaves(prefix string, t reflect.Type) (keys []string) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	for f := range t.Fields() {
		if key := prefix + yamlName(f); section(f.Type) {
			keys = append(keys, leaves(key+".", f.Type)...)
		} else {
			keys = append(keys, key)
		}
	}
	return keys
}

// field finds the value of a key, making the sections on the way when wanted.
func (b *layering) field(key string, create bool) (reflect.Value, bool) {
	v := reflect.ValueOf(&b.config).Elem()
	for step := range strings.SplitSeq(key, ".") {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				if !create {
					return reflect.Value{}, false
				}
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		found := false
		for f, one := range v.Fields() {
			if yamlName(f) == step {
				v, found = one, true
				break
			}
		}
		if !found {
			return reflect.Value{}, false
		}
	}
	return v, true
}

func (b *layering) fault(at, key, zh, en string) {
	b.faults = append(b.faults, &Fault{At: at, Key: key, Zh: zh, Detail: en})
}

// unknown refuses a key and names the nearest one there is.
func (b *layering) unknown(at, key, wrote string, known []string) {
	zh, en := "没有此项设置", "there is no such setting"
	if near := nearest(wrote, known); near != "" {
		b.meant[near] = true
		zh, en = zh+"；是否指 "+near+"？", en+"; did you mean "+near+"?"
	}
	b.fault(at, key, zh, en)
}

func nearest(key string, known []string) string {
	best, distance := "", 1+max(2, len(key)/3)
	for _, k := range known {
		if d := levenshtein.ComputeDistance(strings.ToLower(key), strings.ToLower(k)); d < distance {
			best, distance = k, d
		}
	}
	return best
}

// file lays one YAML document over what there is.
func (b *layering) file(name string, text []byte, folder string) {
	b.first = cmp.Or(b.first, name)
	var root yaml.Node
	d := yaml.NewDecoder(strings.NewReader(string(text)))
	if err := d.Decode(&root); err != nil && !errors.Is(err, io.EOF) {
		at, what := yamlPlace(name, err)
		b.fault(at, "", "不是合法的 YAML："+what, "no valid YAML: "+what)
		return
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		b.fault(name, "", "应只有一个 YAML 文档", "want one YAML document")
		return
	}
	if root.Kind == yaml.DocumentNode && len(root.Content) == 1 {
		b.mapping(name, folder, "", root.Content[0], reflect.TypeFor[Config]())
	}
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?line (\d+): (.*)$`)

// yamlPlace gives a complaint of the YAML library the form of ours.
func yamlPlace(name string, err error) (at, what string) {
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		return name + ":" + m[1], m[2]
	}
	return name, strings.TrimPrefix(err.Error(), "yaml: ")
}

func (b *layering) mapping(name, folder, prefix string, node *yaml.Node, t reflect.Type) {
	place := func(n *yaml.Node) string { return fmt.Sprintf("%s:%d:%d", name, n.Line, n.Column) }
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		return
	}
	if node.Kind != yaml.MappingNode {
		b.fault(place(node), strings.TrimSuffix(prefix, "."), "这里应是若干“键: 值”", "want keys with values here")
		return
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var known []string
	fields := map[string]reflect.StructField{}
	for f := range t.Fields() {
		known = append(known, yamlName(f))
		fields[yamlName(f)] = f
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		k, v := node.Content[i], node.Content[i+1]
		key := prefix + k.Value
		if line, twice := seen[k.Value]; twice {
			b.fault(place(k), key, fmt.Sprintf("重复：第 %d 行已有", line), fmt.Sprintf("is there twice: line %d has it already", line))
			continue
		}
		seen[k.Value] = k.Line
		f, ok := fields[k.Value]
		if !ok {
			b.unknown(place(k), key, key, prefixed(prefix, known))
			continue
		}
		b.at[key] = place(k)
		if section(f.Type) {
			if f.Type.Kind() == reflect.Pointer && v.Tag != "!!null" {
				b.make(key)
			}
			b.mapping(name, folder, key+".", v, f.Type)
			continue
		}
		b.node(place(v), folder, key, v)
	}
}

func prefixed(prefix string, names []string) []string {
	all := make([]string, len(names))
	for i, n := range names {
		all[i] = prefix + n
	}
	return all
}

// make brings an optional section into being.
func (b *layering) make(key string) {
	if v, ok := b.field(key, true); ok && v.IsNil() {
		v.Set(reflect.New(v.Type().Elem()))
	}
}

// node sets a leaf from the file.
func (b *layering) node(at, folder, key string, n *yaml.Node) {
	if n.Tag == "!!null" {
		return
	}
	v, ok := b.field(key, true)
	if !ok {
		return
	}
	fresh := reflect.New(v.Type())
	if err := n.Decode(fresh.Interface()); err != nil {
		b.kind(at, key, n.Value, v.Type())
		return
	}
	b.set(at, folder, key, v, fresh.Elem())
}

// kind says what kind of value a key wants. The value of a key is shown: secrets
// are files here, never values.
func (b *layering) kind(at, key, value string, t reflect.Type) {
	zh, en := "值的类型不对", "has a value of the wrong kind"
	switch {
	case t == durationType:
		zh, en = fmt.Sprintf("%.40q 不是时长，应如 20s、5m", value), fmt.Sprintf("%.40q is no duration such as 20s or 5m", value)
	case t.Kind() == reflect.Bool:
		zh, en = fmt.Sprintf("%.40q 应为 true 或 false", value), fmt.Sprintf("%.40q should be true or false", value)
	case t.Kind() == reflect.Uint64:
		zh, en = fmt.Sprintf("%.40q 应为不小于 0 的整数", value), fmt.Sprintf("%.40q should be a whole number of at least 0", value)
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int64, t.Kind() == reflect.Float64:
		zh, en = fmt.Sprintf("%.40q 不是数", value), fmt.Sprintf("%.40q is no number", value)
	case t.Kind() == reflect.Slice:
		zh, en = "应为列表", "should be a list"
	}
	b.fault(at, key, zh, en)
}

func (b *layering) set(at, folder, key string, v, value reflect.Value) {
	if slices.Contains(pathKeys, key) {
		if p := value.String(); p != "" && !filepath.IsAbs(p) {
			value.SetString(filepath.Join(folder, p))
		}
	}
	v.Set(value)
	b.at[key] = at
}

// EnvName is the environment's variable of a key.
func EnvName(key string) string {
	key = camel.ReplaceAllString(strings.ReplaceAll(key, ".", "_"), "${1}_${2}")
	return EnvPrefix + strings.ToUpper(key)
}

var camel = regexp.MustCompile(`([a-z0-9])([A-Z])`)

func (b *layering) environment(env []string, folder string) {
	byName := map[string]string{}
	for _, key := range b.keys {
		byName[EnvName(key)] = key
	}
	slices.Sort(env)
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, EnvPrefix) || value == "" { // empty is as good as not there
			continue
		}
		if key, ok := byName[name]; ok {
			b.text(name, key, value, folder)
			continue
		}
		var known []string
		for n := range byName {
			known = append(known, n)
		}
		slices.Sort(known)
		b.unknown(name, "", name, known)
	}
}

// text sets a leaf from a variable or a flag. Lists are separated by commas.
func (b *layering) text(at, key, value, folder string) {
	if !slices.Contains(b.keys, key) {
		b.unknown(at, key, key, b.keys)
		return
	}
	v, ok := b.field(key, true)
	if !ok {
		return
	}
	fresh := reflect.New(v.Type()).Elem()
	var err error
	switch {
	case v.Type() == durationType:
		var d time.Duration
		d, err = time.ParseDuration(value)
		fresh.SetInt(int64(d))
	case v.Kind() == reflect.String:
		fresh.SetString(value)
	case v.Kind() == reflect.Bool:
		var on bool
		on, err = strconv.ParseBool(value)
		fresh.SetBool(on)
	case v.Kind() == reflect.Int || v.Kind() == reflect.Int64:
		var n int64
		n, err = strconv.ParseInt(value, 10, 64)
		fresh.SetInt(n)
	case v.Kind() == reflect.Uint64:
		var n uint64
		n, err = strconv.ParseUint(value, 10, 64)
		fresh.SetUint(n)
	case v.Kind() == reflect.Float64:
		var n float64
		n, err = strconv.ParseFloat(value, 64)
		fresh.SetFloat(n)
	case v.Type() == reflect.TypeFor[[]string]():
		var list []string
		for one := range strings.SplitSeq(value, ",") {
			if one = strings.TrimSpace(one); one != "" {
				list = append(list, one)
			}
		}
		fresh.Set(reflect.ValueOf(list))
	default:
		b.fault(at, key, "此项只能写在文件中", "can be set in the file only")
		return
	}
	if err != nil {
		b.kind(at, key, value, v.Type())
		return
	}
	b.set(at, folder, key, v, fresh)
}

// place is where a key was set, or its section, or the file that lacks it.
func (b *layering) place(key string) string {
	for {
		if at, ok := b.at[key]; ok {
			return at
		}
		i := strings.LastIndexByte(key, '.')
		if i < 0 {
			return cmp.Or(b.first, SourceDefault)
		}
		key = key[:i]
	}
}

func (b *layering) finish() (*Config, []Setting, error) {
	before := map[string]bool{}
	for _, f := range b.faults {
		before[f.Key] = true
	}
	b.config.check(func(key, zh, en string) {
		_, set := b.at[key]
		if !before[key] && (set || !b.meant[key]) { // once is enough
			b.fault(b.place(key), key, zh, en)
		}
	})
	if len(b.faults) > 0 {
		return nil, nil, b.faults
	}
	b.config.fill()
	settings := make([]Setting, 0, len(b.keys))
	for _, key := range b.keys {
		s := Setting{Key: key, Source: SourceDefault}
		if at, ok := b.at[key]; ok {
			s.Source = at
		}
		if v, ok := b.field(key, false); ok {
			s.Value = show(v)
		} else if s.Source == SourceDefault {
			continue // of a section that is not there
		}
		settings = append(settings, s)
	}
	return &b.config, settings, nil
}

// show writes a value; a password in an URL is not shown.
func show(v reflect.Value) string {
	plain := func(text string) string {
		if u, err := url.Parse(text); err == nil && u.User != nil {
			return u.Redacted()
		}
		return text
	}
	if list, ok := v.Interface().([]string); ok {
		shown := make([]string, len(list))
		for i, one := range list {
			shown[i] = plain(one)
		}
		return strings.Join(shown, ",")
	}
	return plain(fmt.Sprint(v.Interface()))
}
