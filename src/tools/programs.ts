/**
 * Programs that answer the requests of columns. One process a column, started with the first request, reads
 * `{"id":1,"row":{…}}` lines and writes `{"id":1,"result":{…}}` or `{"id":1,"error":"…"}`, in any order.
 *
 * Where a process ends with several rows in it, it is not known which of them ended it. They are sent again one by one, so
 * that only the guilty row fails.
 */
import { isObject, jsonIn, nestsTooDeep, type Json, type JsonObject } from '../core/json.js';
import { onAbort } from '../core/on-abort.js';
import { oneLine } from '../core/one-line.js';
import { err, ok, type Result } from '../core/result.js';
import type { ServiceTransport } from '../models/services.js';
import { refusalIn } from '../models/together.js';
import type { CallError, ProgramCommand, ServiceRequest } from '../models/types.js';
import { cutOff } from '../models/wire/call-errors.js';
import { hideKey } from '../models/wire/hide-keys.js';
import { programEnvironment, type Environment } from './environment.js';
import { createLastWords } from './last-words.js';
import { startGroup, type ProcessGroup } from './process-group.js';

export interface Programs {
  readonly send: ServiceTransport;
  /** Ends all programs. */
  close(): Promise<void>;
}

export interface ProgramsOptions {
  readonly env: Environment;
  /** Where programs start: the folder of the recipe. */
  readonly folder: string;
}

/** Characters of one line; a program that writes more is ended. */
const LONGEST_LINE = 8 * 1024 * 1024;

/** Lines that answer nothing; a program that writes more of them is ended. */
const MOST_ODD_LINES = 1000;

export function createPrograms(options: ProgramsOptions): Programs {
  const programs = new Map<string, Program>();
  return {
    send(request, signal) {
      const { program: command, column } = request;
      if (!command) throw new Error(`${request.name} has no program`);
      const program = programs.get(column) ?? createProgram(request, command, options);
      programs.set(column, program);
      return program.send(request.body, signal);
    },
    async close() {
      await Promise.all([...programs.values()].map((program) => program.close()));
    },
  };
}

interface Program {
  send(body: JsonObject, signal: AbortSignal): Promise<Result<string, CallError>>;
  close(): Promise<void>;
}

interface Job {
  readonly body: JsonObject;
  readonly settle: (outcome: Result<string, CallError>) => void;
}

function createProgram(
  { name, timeout }: ServiceRequest,
  { command: [file = '', ...args], env: named, restarts }: ProgramCommand,
  { env, folder }: ProgramsOptions,
): Program {
  const secrets = named
    .flatMap((variable) => env[variable]?.trim() ?? [])
    .filter(({ length }) => length >= 8);
  const hide = (text: string): string => secrets.reduce(hideKey, text);
  const waiting: Job[] = [];
  /** Rows that were in a process which has ended: the next ones, each alone. */
  const suspects: Job[] = [];
  const sent = new Map<string, Job>();
  const ending = new Set<Promise<void>>();
  let group: ProcessGroup | undefined;
  let starts = 0;
  let ids = 0;
  let timer: NodeJS.Timeout | undefined;
  /** A suspect is in the process, and no other row may join it. */
  let isAlone = false;
  let isClosed = false;
  /** Why it is not started any more. */
  let broken: CallError | undefined;

  const watch = (): void => {
    clearTimeout(timer);
    if (sent.size === 0) return;
    timer = setTimeout(() => {
      endProcess({
        class: 'timeout',
        message: `${name} did not answer within ${timeout} s`,
        hint: 'raise its `timeout` (seconds)',
      });
    }, timeout * 1000);
  };

  /** Ends the process, if there is one, and finds what becomes of the rows that are in it. */
  const endProcess = (why: CallError): void => {
    clearTimeout(timer);
    const ended = group;
    group = undefined;
    if (ended) {
      ended.child.stdout.destroy();
      const end = ended.end().finally(() => ending.delete(end));
      ending.add(end);
    }
    const lost = [...sent.values()];
    sent.clear();
    const [only] = lost;
    if (lost.length === 1 || isClosed) for (const job of lost) job.settle(err(isClosed ? cutOff : why));
    else suspects.push(...lost);
    if (only && starts > restarts)
      broken ??= {
        class: 'overload',
        message: `${name} is not started again after ${starts} starts; the last time, ${why.message}`,
        hint: 'correct the program, or raise `max_restarts`',
      };
    pump();
  };

  const pump = (): void => {
    if (broken) return refuseAll(broken);
    if (sent.size === 0) isAlone = false;
    if (isAlone || (suspects.length > 0 && sent.size > 0)) return;
    const suspect = suspects.shift();
    if (suspect) {
      isAlone = true;
      return write(suspect);
    }
    for (const job of waiting.splice(0)) write(job);
  };

  const refuseAll = (error: CallError): void => {
    for (const job of [...suspects.splice(0), ...waiting.splice(0)]) job.settle(err(error));
  };

  const write = (job: Job): void => {
    const { child } = (group ??= start());
    ids += 1;
    sent.set(String(ids), job);
    const { data, ...rest } = job.body;
    const [row = null] = Array.isArray(data) ? (data as readonly Json[]) : [];
    child.stdin.write(`${JSON.stringify({ id: ids, ...rest, row })}\n`);
    if (sent.size === 1) watch();
  };

  const start = (): ProcessGroup => {
    starts += 1;
    const own = Object.fromEntries(
      named.flatMap((variable) =>
        env[variable] === undefined ? [] : [[variable, `\${${variable}}`] as const],
      ),
    );
    const started = startGroup({ command: file, args, env: programEnvironment(own, env), folder });
    const { child } = started;
    let line = '';
    const errors = createLastWords(secrets);
    let odd = 0;
    child.stdin.on('error', () => undefined);
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const parts = chunk.split('\n');
      const rest = parts.pop() ?? '';
      for (const part of parts) {
        if (group !== started) return;
        const whole = line + part;
        line = '';
        if (whole.length > LONGEST_LINE) return tooLong();
        if (!receive(whole)) odd += 1;
        if (odd > MOST_ODD_LINES)
          return endProcess({
            class: 'overload',
            message: `${name} writes lines to its stdout that answer nothing`,
          });
      }
      if (group !== started) return;
      line += rest;
      if (line.length > LONGEST_LINE) tooLong();
    });
    const tooLong = (): void =>
      endProcess({ class: 'overload', message: `${name} wrote more than 8 MB in one line` });
    child.stderr.setEncoding('utf8').on('data', errors.add);
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (group !== started) return;
      const why = error.code === 'ENOENT' ? 'there is no such program' : error.message;
      broken = {
        class: 'invalid-request',
        message: `${name} could not be started: ${oneLine(file)}: ${why}`,
      };
      for (const job of sent.values()) job.settle(err(broken));
      sent.clear();
      group = undefined;
      clearTimeout(timer);
      refuseAll(broken);
    });
    child.once('close', (code, signal) => {
      if (group !== started) return;
      group = undefined;
      const how = code === null ? `was ended by ${String(signal)}` : `ended with exit code ${code}`;
      const said = errors.shown();
      endProcess({
        class: 'overload',
        message: `${name} ${how} before it answered${said === '' ? '' : `; stderr: ${said}`}`,
      });
    });
    return started;
  };

  /** False for a line that answers nothing. */
  const receive = (text: string): boolean => {
    const line = jsonIn(hide(text));
    if (!isObject(line)) return false;
    const id = String(line['id']);
    const job = sent.get(id);
    if (!job) return false;
    sent.delete(id);
    watch();
    job.settle(outcomeIn(line, name));
    pump();
    return true;
  };

  return {
    send(body, signal) {
      return new Promise((resolve) => {
        if (isClosed || signal.aborted) return resolve(err(cutOff));
        const job: Job = {
          body,
          settle(outcome) {
            drop();
            resolve(outcome);
          },
        };
        const drop = onAbort(signal, () => job.settle(err(cutOff)));
        waiting.push(job);
        pump();
      });
    },
    async close() {
      isClosed = true;
      broken = cutOff;
      endProcess(cutOff);
      await Promise.all(ending);
    },
  };
}

function outcomeIn(line: JsonObject, name: string): Result<string, CallError> {
  if (nestsTooDeep(line))
    return err({ class: 'schema', message: `the reply of ${name} is nested too deeply` });
  const refusal = refusalIn(line, name);
  if (refusal) return refusal;
  if (Object.hasOwn(line, 'result')) return ok(JSON.stringify({ data: [line['result'] ?? null] }));
  return err({
    class: 'schema',
    message: `the reply of ${name} is not as expected: it must have \`result\` or \`error\``,
    answer: JSON.stringify(line),
  });
}
