/**
 * The transport `stdio` of the Model Context Protocol: a program that reads and writes messages, one a line. Not the
 * SDK's own, which ends the program alone, not what that has started, and passes on what it writes to its stderr.
 */
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { createLastWords } from './last-words.js';
import type { McpSdk } from './load-sdk.js';
import { startGroup, type ProcessGroup, type ProgramOptions } from './process-group.js';

export interface StdioTransport extends Transport {
  /** How the program ended, with the end of what it wrote to its stderr. */
  lastWords(): string;
}

/** Lines that are no messages; a program that writes more of them is ended. */
const mostOddLines = 1000;

/** @param secrets what it may not repeat in `lastWords` */
export function createStdioTransport(
  options: ProgramOptions,
  { ReadBuffer }: McpSdk,
  secrets: readonly string[],
): StdioTransport {
  const buffer = new ReadBuffer();
  let group: ProcessGroup | undefined;
  const errors = createLastWords(secrets);
  let end = '';
  let odd = 0;
  const transport: StdioTransport = {
    start() {
      const started = startGroup(options);
      group = started;
      const { child } = started;
      child.stdout.on('data', (chunk: Buffer) => receive(chunk));
      child.stderr.setEncoding('utf8').on('data', errors.add);
      child.stdin.on('error', () => undefined);
      child.once('close', (code, signal) => {
        end ||= code === null ? `it was ended by ${String(signal)}` : `it ended with exit code ${code}`;
        transport.onclose?.();
      });
      return new Promise((resolve, reject) => {
        child.once('spawn', () => resolve());
        child.once('error', (error: NodeJS.ErrnoException) => {
          end = error.code === 'ENOENT' ? 'there is no such program' : error.message;
          reject(new Error(end));
        });
      });
    },
    send(message) {
      return new Promise((resolve, reject) => {
        const stdin = group?.child.stdin;
        if (!stdin?.writable) return reject(new Error('the program has ended'));
        stdin.write(`${JSON.stringify(message)}\n`, (error) => (error ? reject(error) : resolve()));
      });
    },
    async close() {
      await group?.end();
    },
    lastWords() {
      const said = errors.shown();
      return [end, said === '' ? '' : `stderr: ${said}`].filter(Boolean).join('; ');
    },
  };
  return transport;

  function receive(chunk: Buffer): void {
    try {
      buffer.append(chunk);
    } catch {
      return giveUp('it wrote more than 10 MB in one line');
    }
    for (;;) {
      let message: JSONRPCMessage | null;
      try {
        message = buffer.readMessage();
      } catch {
        odd += 1;
        if (odd > mostOddLines) return giveUp('it writes lines to its stdout that are no messages');
        continue;
      }
      if (message === null) return;
      transport.onmessage?.(message);
    }
  }

  function giveUp(why: string): void {
    if (end !== '') return;
    end = why;
    group?.child.stdout.destroy();
    void group?.end();
  }
}
