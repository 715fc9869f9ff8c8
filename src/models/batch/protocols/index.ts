import type { Endpoint } from '../../types.js';
import type { BatchProtocol } from '../types.js';
import { anthropicBatch } from './anthropic.js';
import { geminiBatch } from './gemini.js';
import { mistralBatch } from './mistral.js';
import { openAiBatch } from './openai.js';

/** Every batch API. A new one is a file beside this one, and its name here. */
export const batchProtocols: readonly BatchProtocol[] = [
  anthropicBatch,
  geminiBatch,
  mistralBatch,
  openAiBatch,
];

/** How the batches of an endpoint are handed in; `undefined` when it takes none. */
export function batchProtocolOf(endpoint: Endpoint, isAsked: boolean): BatchProtocol | undefined {
  return (
    batchProtocols.find((protocol) => protocol.serves(endpoint) === 'known') ??
    (isAsked ? batchProtocols.find((protocol) => protocol.serves(endpoint) === 'possible') : undefined)
  );
}
