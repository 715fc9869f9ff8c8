/**
 * The real program in a real terminal: a pseudo-terminal made by `script` (util-linux), and its screen as xterm.js
 * shows it, with cursor moves, line breaks and what becomes of them when the terminal is made narrower.
 */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import xterm from '@xterm/headless';
import { projectDir, type Environment, type Workspace } from './program.js';

export interface TerminalRun {
  /** The lines on the screen and above it, without blanks at their ends. */
  readonly lines: readonly string[];
  /** Every byte that was written. */
  readonly raw: string;
  /** Resolves once this is on the screen. */
  shows(text: string): Promise<void>;
  /** Sends key presses. */
  type(keys: string): void;
  /** Makes the terminal wider or narrower; the program is told by SIGWINCH. */
  resize(columns: number): void;
  readonly ended: Promise<number | null>;
  /** Closes the terminal, which ends the program. */
  close(): void;
}

export function runInTerminal(
  workspace: Workspace,
  args: readonly string[],
  env: Environment = {},
  { columns = 80, rows = 24 }: { readonly columns?: number; readonly rows?: number } = {},
): TerminalRun {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  const device = workspace.path('tty');
  const program = [process.execPath, join(projectDir, 'bin', 'run.js'), ...args].map(quoted).join(' ');
  const command = `tty > ${quoted(device)}; stty cols ${columns} rows ${rows}; exec ${program}`;
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null'], {
    cwd: workspace.dir,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: workspace.dir,
      SHELL: '/bin/sh',
      TERM: 'xterm-256color',
      ...env,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let raw = '';
  const looks = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    raw += text;
    terminal.write(text, () => looks.forEach((look) => look()));
  });
  const lines = (): readonly string[] => {
    const { active } = terminal.buffer;
    return Array.from(
      { length: active.length },
      (_, at) => active.getLine(at)?.translateToString(true) ?? '',
    );
  };
  return {
    get lines() {
      return lines();
    },
    get raw() {
      return raw;
    },
    shows: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!lines().some((line) => line.includes(text))) return;
          looks.delete(look);
          resolve();
        };
        looks.add(look);
        child.once('close', () => reject(new Error(`ended without showing ${text}:\n${lines().join('\n')}`)));
        look();
      }),
    type: (keys) => void child.stdin.write(keys),
    resize(columnsNow) {
      terminal.resize(columnsNow, rows);
      execFileSync('stty', ['-F', readFileSync(device, 'utf8').trim(), 'cols', String(columnsNow)]);
    },
    close: () => void child.kill('SIGKILL'),
    ended: new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => terminal.write('', () => resolve(code)));
    }),
  };
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
