package version

import (
	"runtime/debug"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMerge(t *testing.T) {
	t.Parallel()
	recorded := &debug.BuildInfo{
		GoVersion: "go1.26.0",
		Main:      debug.Module{Version: "v0.9.0"},
		Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: "0123456789abcdef0123"},
			{Key: "vcs.time", Value: "2026-01-02T03:04:05Z"},
			{Key: "vcs.modified", Value: "true"},
		},
	}
	for name, c := range map[string]struct {
		linked Info
		build  *debug.BuildInfo
		want   Info
		line   string
	}{
		"nothing known": {want: Info{Version: "devel"}, line: "devel"},
		"devel module": {
			build: &debug.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Version: "(devel)"}},
			want:  Info{Version: "devel", Go: "go1.26.0"},
			line:  "devel (go1.26.0)",
		},
		"recorded by the go command": {
			build: recorded,
			want: Info{Version: "v0.9.0", Commit: "0123456789abcdef0123", Date: "2026-01-02T03:04:05Z",
				Modified: true, Go: "go1.26.0"},
			line: "v0.9.0 (0123456789ab modified, 2026-01-02T03:04:05Z, go1.26.0)",
		},
		"linker wins": {
			linked: Info{Version: "v1.0.0", Commit: "feedface", Date: "2026-05-05T00:00:00Z"},
			build:  recorded,
			want:   Info{Version: "v1.0.0", Commit: "feedface", Date: "2026-05-05T00:00:00Z", Go: "go1.26.0"},
			line:   "v1.0.0 (feedface, 2026-05-05T00:00:00Z, go1.26.0)",
		},
		"linked commit keeps the recorded time away": {
			linked: Info{Commit: "feedface"},
			build:  recorded,
			want:   Info{Version: "v0.9.0", Commit: "feedface", Go: "go1.26.0"},
			line:   "v0.9.0 (feedface, go1.26.0)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := merge(c.linked, c.build)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("merge (-want +got):\n%s", diff)
			}
			if got.String() != c.line {
				t.Errorf("String() = %q, want %q", got.String(), c.line)
			}
		})
	}
}

func TestStringOfThisBuild(t *testing.T) {
	t.Parallel()
	if s := String(); !strings.HasPrefix(s, Current().Version) || !strings.Contains(s, "go1.") {
		t.Errorf("String() = %q, want the version and the toolchain", s)
	}
}
