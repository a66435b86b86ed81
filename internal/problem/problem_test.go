package problem_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"ledgersheet/internal/problem"
)

func TestEveryCodeIsWhole(t *testing.T) {
	t.Parallel()
	for _, c := range problem.All() {
		if c.Title() == "" || c.Status() < 400 {
			t.Errorf("%s: title %q, status %d", c, c.Title(), c.Status())
		}
		if p := problem.New(c, "x"); p.Hint == "" || !strings.HasSuffix(p.Hint, ".") {
			t.Errorf("%s: the hint must be a sentence, is %q", c, p.Hint)
		}
	}
	if got := problem.Code("never_heard").Status(); got != 500 {
		t.Errorf("unknown code has status %d", got)
	}
}

func TestFrom(t *testing.T) {
	t.Parallel()
	original := problem.New(problem.SheetConflict, "cells B2")
	for _, test := range []struct {
		err  error
		want problem.Code
	}{
		{original, problem.SheetConflict},
		{fmt.Errorf("writing: %w", original), problem.SheetConflict},
		{fmt.Errorf("x: %w", context.Canceled), problem.Cancelled},
		{context.DeadlineExceeded, problem.Deadline},
		{errors.New("secret detail"), problem.Internal},
	} {
		p := problem.From(test.err)
		if p.Code != test.want {
			t.Errorf("From(%v) = %s, want %s", test.err, p.Code, test.want)
		}
		if strings.Contains(p.Message, "secret") {
			t.Errorf("the message shows the cause: %q", p.Message)
		}
	}
	if problem.From(nil) != nil {
		t.Error("From(nil) is not nil")
	}
}

func TestCollect(t *testing.T) {
	t.Parallel()
	var c problem.Collect
	if c.Err() != nil {
		t.Error("an empty Collect is an error")
	}
	c.Add("mode", "must be replace")
	c.Add("mode", "second word")
	p := problem.From(c.Err())
	if p.Code != problem.InvalidInput || p.Fields["mode"] != "must be replace" {
		t.Errorf("got %+v", p)
	}
}
