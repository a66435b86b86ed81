package api

import (
	"reflect"
	"strings"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// mergePatch applies a JSON merge patch as defined by RFC 7396: objects are merged member by member, null removes a
// member, everything else replaces. It does not change the target.
func mergePatch(target, patch any) any {
	changes, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	merged := map[string]any{}
	if old, ok := target.(map[string]any); ok {
		for k, v := range old {
			merged[k] = v
		}
	}
	for k, v := range changes {
		if v == nil {
			delete(merged, k)
		} else {
			merged[k] = mergePatch(merged[k], v)
		}
	}
	return merged
}

// checkReadOnly refuses a patch that would change what only the program sets. Ignoring it would look like success.
func checkReadOnly(before, patch map[string]any) error {
	var bad problem.Collect
	for _, f := range export.Fields() {
		if !f.ReadOnly() {
			continue
		}
		path := strings.Split(f.Path, ".")
		wanted, named := lookup(patch, path)
		if have, _ := lookup(before, path); named && !reflect.DeepEqual(have, wanted) {
			bad.Add(f.Path, "is set by the program only")
		}
	}
	return bad.Err()
}

func lookup(v any, path []string) (found any, ok bool) {
	for _, key := range path {
		members, isObject := v.(map[string]any)
		if !isObject {
			return nil, false
		}
		if v, ok = members[key]; !ok {
			return nil, false
		}
	}
	return v, true
}
