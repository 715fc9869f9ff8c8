/**
 * Made-up Claude Code sessions with the mix of records that real ones have (counted over published
 * sessions, by share of lines and bytes): answers in blocks, tool results that occur twice in the line,
 * progress, snapshots of files, a sub-agent now and then; sizes from 0.1 to 20 MB and one much larger file.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const MB = 2 ** 20;
const WORDS =
  'const return await index value result error config request handler the a of to in file line test parse stream buffer function import export async'.split(
    ' ',
  );
const BEYOND_ASCII = ['—', '✓', 'é', '│', '…', '→'];

/** Writes sessions of `size` MB in all below a folder. The same size gives the same bytes. */
export function writeSessions(folder, size) {
  const random = mulberry32(7);
  const project = join(folder, '-home-dev-project');
  mkdirSync(project, { recursive: true });
  let left = size * MB;
  for (let index = 0; left > 0; index += 1) {
    // One file in four hundred megabytes is a giant.
    const wanted = index === 0 && size >= 400 ? 200 * MB : 0.1 * MB * 200 ** random();
    left -= writeSession(project, Math.min(wanted, left), random);
  }
}

function writeSession(folder, size, random) {
  const session = uuid(random);
  const file = openSync(join(folder, `${session}.jsonl`), 'w');
  // Most sessions have some characters beyond ASCII; a short one may have none.
  const symbols = random() < 0.7 ? BEYOND_ASCII : ['-'];
  let parent = null;
  let written = 0;
  let batch = '';
  let call = 0;
  let second = 0;

  const envelope = (rest) => {
    second += 1;
    const uuidOfRecord = uuid(random);
    const record = {
      parentUuid: parent,
      isSidechain: false,
      userType: 'external',
      cwd: '/home/dev/project',
      sessionId: session,
      version: '2.1.3',
      gitBranch: 'main',
      slug: 'quiet-humming-otter',
      ...rest,
      uuid: uuidOfRecord,
      timestamp: new Date(1.77e12 + second * 1000).toISOString(),
    };
    parent = uuidOfRecord;
    return record;
  };
  const add = (record) => {
    batch += `${JSON.stringify(record)}\n`;
    if (batch.length > MB) flush();
  };
  const flush = () => {
    written += writeSync(file, batch);
    batch = '';
  };
  const text = (length) => {
    let made = '';
    while (made.length < length) {
      const roll = random();
      if (roll < 0.03) made += '\n    ';
      else if (roll < 0.05) made += `"${pick(WORDS, random)}"`;
      else if (roll < 0.055) made += pick(symbols, random);
      else made += `${pick(WORDS, random)} `;
    }
    return made;
  };
  const answer = (id, block) => {
    const usage = {
      input_tokens: 3,
      cache_creation_input_tokens: 1200,
      cache_read_input_tokens: 35000,
      cache_creation: { ephemeral_5m_input_tokens: 1200, ephemeral_1h_input_tokens: 0 },
      output_tokens: 210,
      service_tier: 'standard',
    };
    const message = { model: 'claude-opus-4-5', id, type: 'message', role: 'assistant', content: [block] };
    add(
      envelope({
        message: { ...message, stop_reason: null, stop_sequence: null, usage },
        requestId: `req_${id}`,
        type: 'assistant',
      }),
    );
  };

  add(envelope({ type: 'user', message: { role: 'user', content: text(400) } }));
  while (written + batch.length < size) {
    call += 1;
    const id = `msg_${session.slice(0, 8)}${call}`;
    const tool = `toolu_${session.slice(0, 8)}${call}`;
    if (random() < 0.5) answer(id, { type: 'thinking', thinking: text(250), signature: base64(random, 600) });
    if (random() < 0.4) answer(id, { type: 'text', text: text(200) });
    answer(id, {
      type: 'tool_use',
      id: tool,
      name: 'Read',
      input: { file_path: `/src/${text(20)}.ts`, text: text(250) },
    });
    if (random() < 0.5) {
      const data = {
        type: 'hook_progress',
        hookEvent: 'PostToolUse',
        hookName: 'PostToolUse:Read',
        command: 'callback',
      };
      add(envelope({ type: 'progress', data, parentToolUseID: tool, toolUseID: tool }));
    }
    const output = text(random() < 0.1 ? 12_000 : 1200);
    const content = [{ tool_use_id: tool, type: 'tool_result', content: output }];
    const toolUseResult = {
      type: 'text',
      file: {
        filePath: '/src/a.ts',
        content: output + text(output.length * 0.8),
        numLines: 40,
        startLine: 1,
      },
    };
    const source = parent;
    const { uuid: own, timestamp, ...head } = envelope({ type: 'user', message: { role: 'user', content } });
    add({ ...head, uuid: own, timestamp, toolUseResult, sourceToolAssistantUUID: source });
    if (random() < 0.25) {
      const snapshot = { messageId: uuid(random), trackedFileBackups: {}, timestamp };
      add({
        type: 'file-history-snapshot',
        messageId: snapshot.messageId,
        snapshot,
        isSnapshotUpdate: false,
      });
    }
    if (random() < 0.1) {
      answer(`${id}e`, { type: 'text', text: text(600) });
      add(envelope({ type: 'system', subtype: 'turn_duration', durationMs: 1000, isMeta: false }));
      add(envelope({ type: 'user', message: { role: 'user', content: text(150) } }));
    }
  }
  flush();
  closeSync(file);
  return written;
}

function pick(list, random) {
  return list[Math.floor(random() * list.length)];
}

function uuid(random) {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function base64(random, length) {
  const bytes = Buffer.alloc(length * 0.75);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = random() * 256;
  return bytes.toString('base64');
}

/** A small generator of pseudo-random numbers: a benchmark should not differ from one run to the next. */
function mulberry32(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
