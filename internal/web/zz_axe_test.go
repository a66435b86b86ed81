package web

import (
	"regexp"
	"testing"
)

func TestZZAxe(t *testing.T) {
	source := axeSource(t)
	ctx := newBrowser(t, newSite(t, siteOptions{}))
	re := regexp.MustCompile(`filled-edit|forms-(list|report|type|edit|exporter-refused|unsent-exporter)|empty-(form|catalogue)`)
	for _, st := range stages() {
		if st.name != "filled" && st.name != "forms" && st.name != "empty" {
			continue
		}
		s, scenes := st.set(t)
		for _, sc := range scenes {
			sc.name = st.name + "-" + sc.name
			if re.MatchString(sc.name) {
				sc.lookAt(t, ctx, s, source)
			}
		}
	}
}
