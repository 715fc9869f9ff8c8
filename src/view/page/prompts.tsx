import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { ShownPrompt } from '../query/types.js';
import { Conversation } from './conversation.js';
import { promptsOf } from './state.js';
import { Text } from './text.js';

/** What the models are asked for a row, by column; rendered when it is unfolded. */
export function Prompts({ row }: { readonly row: number }): VNode {
  const [prompts, setPrompts] = useState<readonly ShownPrompt[] | undefined>(undefined);
  useEffect(() => {
    let isGone = false;
    promptsOf(row).then(
      (list) => !isGone && setPrompts(list),
      () => !isGone && setPrompts([{ column: 'recipe', problem: 'They could not be rendered.' }]),
    );
    return () => {
      isGone = true;
    };
  }, [row]);
  if (!prompts) return <p class="none">…</p>;
  if (prompts.length === 0) return <p class="none">No column asks a model.</p>;
  return (
    <>
      {prompts.map(({ column, model, messages, problem }) => (
        <section class="part" key={column}>
          <h3>
            <Text text={column} />{' '}
            {model !== undefined && (
              <span class="badge">
                <Text text={model} />
              </span>
            )}
          </h3>
          {problem !== undefined && <Text text={problem} />}
          {messages && <Conversation messages={messages} />}
        </section>
      ))}
    </>
  );
}
