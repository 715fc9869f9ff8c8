/**
 * Loaded into the real program with `--import`: counts what it does to files and, at the n-th time, kills it
 * or lets the disk be full. `DD_TEST_FAULT` says what: `kill:7`, `full:7`, or `count`, which prints the number
 * at the end. `kill:7:NAME` counts only what is done to paths with this name in them. A kill while a file is written
 * leaves half of it. What LMDB writes is not seen here: that is native code.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const [mode, at, only = ''] = (process.env['DD_TEST_FAULT'] ?? '').split(':');
let operations = 0;
let isFull = false;

/** Ends the program or throws when the moment has come; the disk then stays full. */
function count([path, data], takesSpace) {
  if (mode === 'full' && !takesSpace) return;
  if (only !== '' && !(typeof path === 'string' && path.includes(only))) return;
  operations += 1;
  if (mode === 'kill' && operations === Number(at)) {
    if (data instanceof Uint8Array) writeWhole(path, data.subarray(0, data.length / 2));
    process.kill(process.pid, 'SIGKILL');
  }
  if (mode === 'full' && operations === Number(at)) isFull = true;
  if (isFull)
    throw Object.assign(new Error(`ENOSPC: no space left on device, write '${path}'`), {
      code: 'ENOSPC',
      path,
    });
}

const writeWhole = fs.writeFileSync;
const isOurs = (path) => /[\\/](?:artifacts|\.dd)(?:[\\/]|$)/.test(String(path));
const isForWriting = (flags) => /[wax+]/.test(String(flags ?? 'r'));

function watch(owner, name, takesSpace, isCounted = isOurs) {
  const original = owner[name];
  owner[name] = function watched(...args) {
    if (isCounted(args[0], args[1])) count(args, takesSpace);
    return original.apply(this, args);
  };
}

for (const owner of [fs, fs.promises]) {
  for (const name of ['writeFile', 'mkdir']) watch(owner, name, true);
  for (const name of ['rename', 'rm', 'unlink']) watch(owner, name, false);
  watch(owner, 'link', true, (_, path) => isOurs(path));
  watch(owner, 'open', true, (path, flags) => isOurs(path) && isForWriting(flags));
}
for (const name of ['writeFileSync', 'mkdirSync']) watch(fs, name, true);
for (const name of ['renameSync', 'rmSync', 'unlinkSync']) watch(fs, name, false);

// File handles have no constructor to import: the prototype is taken from one.
const handle = await fs.promises.open(process.execPath, 'r');
const prototype = Object.getPrototypeOf(handle);
await handle.close();
for (const name of ['write', 'writeFile', 'appendFile', 'sync', 'datasync'])
  watch(prototype, name, true, () => true);

syncBuiltinESMExports();
if (mode === 'count') process.on('exit', () => fs.writeSync(2, `file operations: ${operations}\n`));
