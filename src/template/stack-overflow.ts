import { isNativeError } from 'node:util/types';

/** Whether there were more calls within calls than there is room for. V8 has no other word for it. */
export const isStackOverflow = (error: unknown): boolean =>
  isNativeError(error) && error.message.startsWith('Maximum call stack');
