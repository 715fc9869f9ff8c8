import pc from 'picocolors';
import type { RecordStyle } from './render/record.js';

/** How records are drawn on a stream: as wide as it is, bold and dim where it can. */
export function recordStyle(stream: NodeJS.WriteStream): RecordStyle {
  const { bold, dim } = pc.createColors(hasColors(stream));
  return { width: Math.min(stream.columns || 100, 120), bold, dim };
}

/** NO_COLOR and FORCE_COLOR decide, in this order, as they do for Node's own output. */
export function hasColors(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR: none, FORCE_COLOR: forced } = process.env;
  if (none) return false;
  if (forced) return forced !== '0' && forced !== 'false';
  return stream.isTTY === true && stream.hasColors();
}
