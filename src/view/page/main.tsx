/** The page of `dd view`. */
import { effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './app.js';
import { listenToKeys } from './keys.js';
import { published } from './published.js';
import { listenToLeaving } from './saving.js';
import { server } from './source.js';
import { current, start } from './state.js';

render(<App />, document.body);
listenToKeys();
listenToLeaving();
effect(() => {
  document.title = current.value ? `${current.value.name} · dd view` : 'dd view';
});
void start('published' in document.documentElement.dataset ? published : server);
