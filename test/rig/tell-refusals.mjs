/**
 * Loaded into the real program with `--import`: says on stderr when a connection was refused. The server cannot
 * see that: its port is closed.
 */
import { subscribe } from 'node:diagnostics_channel';
import { writeSync } from 'node:fs';

subscribe('undici:client:connectError', ({ error }) => writeSync(2, `refused: ${error.code}\n`));
