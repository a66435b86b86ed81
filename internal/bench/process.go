package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a running program, and what Linux says that it uses.
type process struct {
	cmd *exec.Cmd
	log string // its standard error
}

// start begins a program. What it prints to standard output goes to read, which returns when it has seen enough.
func start(ctx context.Context, log string, env []string, exe string, args []string, read func(io.Reader) error) (
	*process, error) {
	errs, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = errs.Close() }()
	p := &process{cmd: exec.CommandContext(ctx, exe, args...), log: log}
	p.cmd.Env, p.cmd.Stderr = env, errs
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", filepath.Base(exe), err)
	}
	if err := read(out); err != nil {
		p.stop()
		said, _ := os.ReadFile(log)
		return nil, fmt.Errorf("%s %s: %w\n%s", filepath.Base(exe), strings.Join(args, " "), err, said)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the process
	return p, nil
}

// stop ends the program as an operator would, and kills it if it takes longer than 20 seconds.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(20*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	_ = p.cmd.Wait()
}

// clockTick is the unit of CPU times in /proc; it is 100 Hz on all Linux ports of Go.
const clockTick = 10 * time.Millisecond

// cpu returns the CPU time that the process has used.
func (p *process) cpu() (time.Duration, error) {
	text, err := os.ReadFile(p.proc("stat"))
	if err != nil {
		return 0, err
	}
	_, rest, ok := strings.Cut(string(text), ") ") // the program's name may hold blanks
	fields := strings.Fields(rest)
	if !ok || len(fields) < 13 {
		return 0, errors.New("reading the CPU time: unknown format")
	}
	var ticks int64
	for _, f := range fields[11:13] { // user and system time
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("reading the CPU time: %w", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * clockTick, nil
}

// resetPeak makes peak count from now.
func (p *process) resetPeak() error { return os.WriteFile(p.proc("clear_refs"), []byte("5"), 0) }

// peak returns the largest resident set since resetPeak, in bytes.
func (p *process) peak() (int64, error) { return p.status("VmHWM") }

// mapped returns how many bytes of mapped files are resident.
func (p *process) mapped() (int64, error) { return p.status("RssFile") }

func (p *process) status(name string) (int64, error) {
	f, err := os.Open(p.proc("status"))
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), name+":"); ok {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return kb << 10, err
		}
	}
	return 0, fmt.Errorf("reading %s: %w", name, errors.Join(lines.Err(), errors.New("it is missing")))
}

func (p *process) proc(file string) string {
	return filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), file)
}
