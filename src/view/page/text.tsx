import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import { tokensOf } from './highlight.js';
import { piecesOf } from './visible.js';

/** A text as it is: markup is text, hidden characters are shown, and its direction stays inside. */
export function Text({ text }: { readonly text: string }): VNode {
  return (
    <bdi>
      {piecesOf(text).map((piece) =>
        'sign' in piece ? (
          <span class="sign" title={piece.name}>
            {piece.sign}
          </span>
        ) : (
          piece.text
        ),
      )}
    </bdi>
  );
}

/** Characters that are shown at first, and for how many lines code is coloured. */
const FIRST = 6000;
const COLOURED = 20_000;

/** A long text in parts: the rest is shown when asked for, ten times as much each time. */
function InParts({
  text,
  children,
}: {
  readonly text: string;
  readonly children: (part: string) => ComponentChildren;
}): VNode {
  const [length, setLength] = useState(FIRST);
  if (text.length <= length) return <>{children(text)}</>;
  return (
    <>
      {children(text.slice(0, length))}
      <button type="button" class="more" onClick={() => setLength(length * 10)}>
        Show more of {text.length.toLocaleString('en')} characters
      </button>
    </>
  );
}

/** Prose with code in fences and backticks, as models write it. */
export function Prose({ text }: { readonly text: string }): VNode {
  return <InParts text={text}>{(part) => blocksOf(part)}</InParts>;
}

function blocksOf(text: string): ComponentChildren {
  return text.split(/^(```[^\n]*\n[\s\S]*?(?:^```[ \t]*$|$(?![\s\S])))/m).map((block) => {
    const fenced = /^```([^\n]*)\n([\s\S]*?)(?:^```[ \t]*$)?$/m.exec(block);
    if (block.startsWith('```') && fenced) return <Code text={(fenced[2] ?? '').replace(/\n$/, '')} />;
    const trimmed = block.replace(/^\n+|\s+$/g, '');
    return trimmed === '' ? null : <div class="prose">{inline(trimmed)}</div>;
  });
}

function inline(text: string): ComponentChildren {
  return text.split(/(`[^`\n]{1,200}`)/).map((part) =>
    /^`[^`]+`$/.test(part) ? (
      <code>
        <Text text={part.slice(1, -1)} />
      </code>
    ) : (
      <Text text={part} />
    ),
  );
}

/** Code, coloured. */
export function Code({ text }: { readonly text: string }): VNode {
  return (
    <InParts text={text}>
      {(part) => (
        <pre class="code" tabIndex={0}>
          <code>
            {part.length > COLOURED ? (
              <Text text={part} />
            ) : (
              tokensOf(part).map(({ kind, text: token }) =>
                kind === 'plain' ? (
                  <Text text={token} />
                ) : (
                  <span class={`t-${kind}`}>
                    <Text text={token} />
                  </span>
                ),
              )
            )}
          </code>
        </pre>
      )}
    </InParts>
  );
}
