import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import { isObject, jsonIn, type Json, type JsonObject } from '../../core/json.js';
import { isOwnPath } from '../../dataset/pictures.js';
import { isContextPath } from '../query/context-path.js';
import { PictureFile } from './picture.js';
import { Code, Prose, Text } from './text.js';

const isFile = (url: string): boolean => isOwnPath(url) || isContextPath(url);

/** Messages as people read them. The answer of a tool is folded into its call. */
export function Conversation({ messages }: { readonly messages: readonly JsonObject[] }): VNode {
  const answers = new Map<Json, JsonObject>();
  for (const message of messages) {
    const id = message['tool_call_id'];
    if (message['role'] === 'tool' && id !== undefined) answers.set(id, message);
  }
  const called = new Set(messages.flatMap(callsOf).map((call) => call['id'] ?? null));
  const isFolded = (message: JsonObject): boolean =>
    message['role'] === 'tool' && called.has(message['tool_call_id'] ?? null);
  return (
    <ol class="conversation">
      {messages.map((message, index) =>
        isFolded(message) ? null : <Message key={index} message={message} answers={answers} />,
      )}
    </ol>
  );
}

function Message({
  message,
  answers,
}: {
  readonly message: JsonObject;
  readonly answers: ReadonlyMap<Json, JsonObject>;
}): VNode {
  const role = String(message['role']);
  const kind = typeof message['kind'] === 'string' ? message['kind'] : undefined;
  const calls = callsOf(message);
  const reasoning = textOf(message['reasoning_content']);
  return (
    <li class={`message ${/^[a-z]+$/.test(role) ? role : ''} ${kind ? 'aside' : ''}`}>
      <header>
        <Text text={role} />
        {kind && (
          <span class="badge">
            <Text text={kind} />
          </span>
        )}
        {message['is_error'] === true && <span class="badge wrong">error</span>}
      </header>
      {reasoning !== '' && (
        <Folded title="Reasoning" kind="reasoning">
          {() => <Prose text={reasoning} />}
        </Folded>
      )}
      <Content content={message['content'] ?? null} isCode={role === 'tool'} />
      {calls.map((call) => (
        <Call call={call} answer={answers.get(call['id'] ?? null)} />
      ))}
    </li>
  );
}

/** Texts as prose, images as images, other blocks as JSON. */
function Content({
  content,
  isCode,
}: {
  readonly content: Json;
  readonly isCode: boolean;
}): ComponentChildren {
  if (typeof content === 'string') return isCode ? <Code text={content} /> : <Prose text={content} />;
  if (content === null) return null;
  const blocks: readonly Json[] = Array.isArray(content) ? content : [content];
  return blocks.map((block) => {
    if (!isObject(block)) return <Code text={JSON.stringify(block)} />;
    const text = block['text'];
    if (typeof text === 'string' && (block['type'] === 'text' || block['type'] === undefined))
      return isCode ? <Code text={text} /> : <Prose text={text} />;
    const image = imageIn(block);
    if (image !== undefined && isFile(image)) return <PictureFile path={image} alt="in the prompt" />;
    return image === undefined ? (
      <Folded title={<Text text={String(block['type'] ?? 'block')} />}>
        {() => <Code text={JSON.stringify(block, null, 2)} />}
      </Folded>
    ) : (
      <img src={image} alt="from the session" loading="lazy" />
    );
  });
}

function Call({
  call,
  answer,
}: {
  readonly call: JsonObject;
  readonly answer: JsonObject | undefined;
}): VNode {
  const inner = isObject(call['function']) ? call['function'] : call;
  const args = inner['arguments'] ?? inner['input'] ?? null;
  const parsed = typeof args === 'string' ? (jsonIn(args) ?? args) : args;
  return (
    <Folded
      kind="call"
      title={
        <>
          <span class="tool">
            <Text text={String(inner['name'] ?? 'tool')} />
          </span>
          <span class="gist">
            <Text text={gistOf(parsed)} />
          </span>
          {answer?.['is_error'] === true && <span class="badge wrong">error</span>}
        </>
      }
    >
      {() => (
        <>
          <Arguments value={parsed} />
          {answer && (
            <div class="answer">
              <Content content={answer['content'] ?? null} isCode />
            </div>
          )}
        </>
      )}
    </Folded>
  );
}

/** Each argument by its name; texts of several lines as code. */
function Arguments({ value }: { readonly value: Json }): VNode {
  if (!isObject(value))
    return <Code text={typeof value === 'string' ? value : JSON.stringify(value, null, 2)} />;
  return (
    <dl class="arguments">
      {Object.entries(value).map(([name, inner]) => (
        <div>
          <dt>
            <Text text={name} />
          </dt>
          <dd>
            <Code text={typeof inner === 'string' ? inner : JSON.stringify(inner, null, 2)} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** What is made only when it is unfolded: a long session has hundreds of calls. */
export function Folded({
  title,
  kind = 'folded',
  children,
}: {
  readonly title: ComponentChildren;
  readonly kind?: 'folded' | 'call' | 'reasoning';
  readonly children: () => ComponentChildren;
}): VNode {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class={kind} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{title}</summary>
      {isOpen && children()}
    </details>
  );
}

function callsOf(message: JsonObject): readonly JsonObject[] {
  const calls = message['tool_calls'];
  return Array.isArray(calls) ? calls.filter((call: Json) => isObject(call)) : [];
}

/** The first words of the arguments, for the folded call. */
function gistOf(value: Json): string {
  const texts = isObject(value) ? Object.values(value) : [value];
  const short = texts.find((text) => typeof text === 'string' && text.length < 400) ?? texts[0] ?? '';
  const text = typeof short === 'string' ? short : JSON.stringify(short);
  return text.replaceAll(/\s+/g, ' ').slice(0, 160);
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** A picture that is in the block itself or a file of the dataset. This page loads nothing from elsewhere. */
function imageIn(block: JsonObject): string | undefined {
  const { source, image_url: url } = block;
  const candidate = isObject(source)
    ? `data:${String(source['media_type'])};base64,${String(source['data'])}`
    : isObject(url)
      ? url['url']
      : url;
  const isImage =
    typeof candidate === 'string' &&
    (isFile(candidate) || /^data:image\/(?:png|jpeg|gif|webp);base64,[\w+/=\s]+$/.test(candidate));
  return isImage ? candidate : undefined;
}
