import type { Json } from '../../../core/json.js';
import { contentBlocks, textBlock } from '../../content.js';
import { objectOf, textOf } from '../../fields.js';
import type { ContentBlock, Message } from '../../message.js';

/** What the events of a session, of either generation, say. */
export interface ReadEvents {
  readonly messages: readonly Message[];
  readonly cwd?: string | undefined;
  /** Definitions of the tools, as JSON text. */
  readonly tools?: string | undefined;
  /** What the agent said in the call that ended the session, if one did. */
  readonly finish?: string | undefined;
  /** Messages outside the branch that was used last. */
  readonly abandoned?: number;
}

/** An output as the model saw it: around that of a command, OpenHands puts notes such as its exit code. */
export function outputBlocks(content: Json | undefined, metadata: Json | undefined): readonly ContentBlock[] {
  const { prefix, suffix } = objectOf(metadata);
  const around = [prefix, suffix].map((text) =>
    textOf(text) === undefined ? [] : [textBlock(String(text))],
  );
  return [...(around[0] ?? []), ...contentBlocks(content ?? ''), ...(around[1] ?? [])];
}
