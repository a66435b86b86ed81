// Package version tells which build of ledgersheet is running. The linker sets
// the values of a release; any other build takes what the go command recorded.
package version

import (
	"runtime/debug"
	"strings"
)

// Set by the linker in a release, for instance with
// -ldflags "-X ledgersheet/internal/version.Version=v1.2.0"; empty otherwise and
// never written by the program.
var (
	Version string // semantic version with its leading "v"
	Commit  string // full hash of the commit
	Date    string // time of the commit, RFC 3339, UTC
)

// Info is what is known about a build.
type Info struct {
	Version  string // "v1.2.0", or "devel" when unknown
	Commit   string // full hash, or empty
	Date     string // RFC 3339, or empty
	Modified bool   // built from a tree with uncommitted changes
	Go       string // the toolchain, such as "go1.26.0", or empty
}

// Current returns the build that is running.
func Current() Info {
	build, _ := debug.ReadBuildInfo()
	return merge(Info{Version: Version, Commit: Commit, Date: Date}, build)
}

// String describes the running build in one line, such as
// "v1.2.0 (1a2b3c4d5e6f, 2026-11-22T10:00:00Z, go1.26.0)".
func String() string { return Current().String() }

// String describes the build in one line.
func (i Info) String() string {
	var parts []string
	if i.Commit != "" {
		short := i.Commit[:min(12, len(i.Commit))]
		if i.Modified {
			short += " modified"
		}
		parts = append(parts, short)
	}
	for _, p := range []string{i.Date, i.Go} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 {
		return i.Version
	}
	return i.Version + " (" + strings.Join(parts, ", ") + ")"
}

// merge fills what the linker left empty from what the go command recorded,
// which is nil in a binary built without module support.
func merge(i Info, build *debug.BuildInfo) Info {
	if build != nil {
		i.Go = build.GoVersion
		if v := build.Main.Version; i.Version == "" && v != "(devel)" {
			i.Version = v
		}
		recorded := make(map[string]string, len(build.Settings))
		for _, s := range build.Settings {
			recorded[s.Key] = s.Value
		}
		// A linked commit and a recorded one may differ, so take one source whole.
		if i.Commit == "" {
			i.Commit = recorded["vcs.revision"]
			i.Modified = recorded["vcs.modified"] == "true"
			if i.Date == "" {
				i.Date = recorded["vcs.time"]
			}
		}
	}
	if i.Version == "" {
		i.Version = "devel"
	}
	return i
}
