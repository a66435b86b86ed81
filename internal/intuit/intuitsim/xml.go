package intuitsim

import (
	"encoding/xml"
	"strings"
)

// escapeXML writes text so that it may stand in an element or an attribute.
func escapeXML(b *strings.Builder, text string) { _ = xml.EscapeText(b, []byte(text)) }

// xmlAnswer renders a JSON answer as the XML that clients get who do not ask for JSON: members become elements,
// arrays repeat theirs, and references carry their name as an attribute.
func xmlAnswer(a *answer) *answer {
	o, err := parseObject(a.body)
	if err != nil {
		return a
	}
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?><IntuitResponse xmlns="http://schema.intuit.com/finance/v3"`)
	if t, ok := o.get("time"); ok {
		if text, ok := t.(string); ok {
			b.WriteString(` time="`)
			escapeXML(&b, text)
			b.WriteString(`"`)
		}
	}
	b.WriteString(">")
	for _, m := range o {
		if m.name != "time" {
			writeXML(&b, m.name, m.value)
		}
	}
	b.WriteString("</IntuitResponse>")
	out := newAnswer(a.status, "application/xml;charset=UTF-8", []byte(b.String()))
	for name, values := range a.header {
		if name != "Content-Type" {
			out.header[name] = values
		}
	}
	return out
}

func writeXML(b *strings.Builder, name string, value any) {
	switch v := value.(type) {
	case []object:
		for _, o := range v {
			writeXML(b, name, o)
		}
		return
	case []string:
		for _, s := range v {
			writeXML(b, name, s)
		}
		return
	case nil:
		return
	}
	b.WriteString("<" + name)
	o, isObject := value.(object)
	if isObject {
		if ref, ok := o.get("name"); ok {
			if text, ok := ref.(string); ok {
				b.WriteString(` name="`)
				escapeXML(b, text)
				b.WriteString(`"`)
			}
		}
	}
	b.WriteString(">")
	switch v := value.(type) {
	case object:
		for _, m := range v {
			switch m.name {
			case "name":
			case "value":
				text, _ := m.value.(string)
				escapeXML(b, text)
			default:
				writeXML(b, m.name, m.value)
			}
		}
	case string:
		escapeXML(b, v)
	case number:
		b.WriteString(string(v))
	case bool:
		if v {
			b.WriteString("true")
		} else {
			b.WriteString("false")
		}
	}
	b.WriteString("</" + name + ">")
}
