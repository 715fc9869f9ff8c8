import pc from 'picocolors';
import type { RecordStyle } from './render/record-style.js';

/** The style of records on a stream: its width, and bold and dim if it supports them. */
export function recordStyle(stream: NodeJS.WriteStream): RecordStyle {
  const { bold, dim } = pc.createColors(hasColors(stream));
  return { width: Math.min(stream.columns || 100, 120), bold, dim };
}

/** NO_COLOR takes precedence over FORCE_COLOR, as in Node itself. */
export function hasColors(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR: none, FORCE_COLOR: forced } = process.env;
  if (none) return false;
  if (forced) return forced !== '0' && forced !== 'false';
  return stream.isTTY === true && stream.hasColors();
}
