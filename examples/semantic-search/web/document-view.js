/** The sheet that shows one document. */
/** @import { DocumentAnswer } from './contract.ts' */
import * as api from './api.js';
import { byId, h } from './dom.js';
import * as format from './format.js';
import { inWords, webAddress } from './payload.js';
import { blocksOf } from './text-blocks.js';

/** @param {{ closed: () => void, failed: (error: unknown) => boolean }} actions `failed` says whether it dealt with the error. */
export function createDocumentView({ closed, failed }) {
  const dialog = byId('document', HTMLDialogElement);
  const title = byId('document-title', HTMLHeadingElement);
  const body = byId('document-body', HTMLElement);
  let loading = new AbortController();

  dialog.addEventListener('close', () => {
    loading.abort();
    closed();
  });
  byId('document-close', HTMLButtonElement).addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => {
    // The backdrop belongs to the dialog, what is in the dialog does not.
    if (event.target === dialog) dialog.close();
  });

  return {
    /**
     * @param {string} id
     * @param {string} knownTitle Shown until the document is here.
     */
    async open(id, knownTitle) {
      loading.abort();
      loading = new AbortController();
      const { signal } = loading;
      title.textContent = knownTitle || id;
      body.replaceChildren(h('p', { class: 'quiet' }, 'Fetching the document…'));
      if (!dialog.open) dialog.showModal();
      title.focus();
      try {
        const found = await api.document(id, signal);
        if (signal.aborted) return;
        title.textContent = found.title;
        body.replaceChildren(...documentNodes(found));
        body.scrollTop = 0;
      } catch (error) {
        if (signal.aborted || failed(error)) return;
        body.replaceChildren(h('p', { class: 'problem' }, error instanceof Error ? error.message : String(error)));
      }
    },
    close() {
      if (dialog.open) dialog.close();
    },
  };
}

/** @param {DocumentAnswer} found */
function documentNodes({ id, text, payload, chunks }) {
  const rows = Object.entries(payload).map(([name, value]) =>
    h('div', { class: 'facts-row' }, h('dt', {}, name), h('dd', {}, valueNode(value))),
  );
  const parts = chunks.length > 1 ? `, in ${format.plural(chunks.length, 'part')}` : '';
  return [
    h(
      'div',
      { class: 'document-text' },
      blocksOf(text).map((block) => (block.code ? h('pre', { tabindex: '0' }, block.text) : h('p', {}, block.text))),
    ),
    ...(rows.length > 0 ? [h('h3', {}, 'Fields'), h('dl', { class: 'facts-list' }, rows)] : []),
    h('p', { class: 'quiet document-id' }, 'Id ', h('code', {}, id), parts),
  ];
}

/** @param {unknown} value */
function valueNode(value) {
  const address = typeof value === 'string' ? webAddress(value) : undefined;
  if (address !== undefined) return h('a', { href: address, target: '_blank', rel: 'noreferrer noopener' }, address);
  return isFlat(value) ? inWords(value) : h('pre', { tabindex: '0' }, JSON.stringify(value, null, 2));
}

/** @param {unknown} value A scalar, or a list of scalars. */
const isFlat = (value) => [value].flat().every((item) => typeof item !== 'object' || item === null);
