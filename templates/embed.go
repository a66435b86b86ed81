// Package templates holds the dashboard's files: HTML by page, and what browsers load with it. It is a package of its
// own because embedding cannot reach up in the tree.
package templates

import "embed"

// Files has layouts/, pages/, partials/ and static/.
//
//go:embed layouts pages partials static
var Files embed.FS
