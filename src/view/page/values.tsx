import type { VNode } from 'preact';
import { isObject, type Json } from '../../core/json.js';
import { isConversation } from '../../dataset/conversation.js';
import { picturesIn } from '../../dataset/pictures.js';
import { Conversation } from './conversation.js';
import { Pictures } from './picture.js';
import { Code, Prose, Text } from './text.js';

/**
 * A value of any kind, as it reads best.
 *
 * @param label names its pictures
 */
export function Value({
  value,
  label = 'picture',
}: {
  readonly value: Json | undefined;
  readonly label?: string;
}): VNode {
  if (value === undefined || value === null || value === '') return <span class="none">empty</span>;
  const pictures = picturesIn(value);
  if (pictures) return <Pictures pictures={pictures} label={label} />;
  if (typeof value === 'string') return <Prose text={value} />;
  if (typeof value !== 'object') return <Text text={String(value)} />;
  if (isConversation(value)) return <Conversation messages={value} />;
  if (Array.isArray(value)) return <List items={value} />;
  if (!isObject(value)) return <span />;
  return (
    <dl class="fields">
      {Object.entries(value).map(([key, inner]) => (
        <div>
          <dt>
            <Text text={key.replaceAll('_', ' ')} />
          </dt>
          <dd>
            <Value value={inner} label={key} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function List({ items }: { readonly items: readonly Json[] }): VNode {
  if (items.length === 0) return <span class="none">empty</span>;
  if (items.some((item) => typeof item === 'object' && item !== null))
    return <Code text={JSON.stringify(items, null, 2)} />;
  const isTags = items.every((item) => String(item).length <= 40);
  return (
    <ul class={isTags ? 'tags' : 'list'}>
      {items.map((item) => (
        <li>
          <Text text={String(item)} />
        </li>
      ))}
    </ul>
  );
}
