import { invalid } from '../errors.ts';
import { shown } from '../validate/text.ts';

/**
 * `jsonl:./data?id=key`: a path, percent-encoding resolved, then settings.
 *
 * @param known What settings there are.
 * @throws `InvalidArgument`
 */
export function fileUrl(url: string, provider: string, known: readonly string[]): Record<string, unknown> {
  if (url.includes('#')) throw invalid('url', `${provider}: URLs have no #; write one in a path as %23`);
  const [address = '', ...queries] = url.split('?');
  if (queries.length > 1) throw invalid('url', 'more than one ?; write one in a path as %3F');
  const settings: Record<string, unknown> = { path: pathOf(address, provider) };
  for (const [key, value] of new URLSearchParams(queries[0])) {
    if (!known.includes(key))
      throw invalid('url', `unknown setting ${shown(key)}: ${known.join(', ')}; write a ? in a path as %3F`);
    if (key in settings) throw invalid('url', `${key} is given twice`);
    settings[key] = value;
  }
  return { provider, ...settings };
}

function pathOf(address: string, provider: string): string {
  const rest = address.slice(provider.length + 1).replace(/^\/\/(?=\/)/, '');
  if (rest === '' || rest === '//')
    throw invalid('url', `${provider}: which file or directory? Write ${provider}:./path`);
  if (rest.startsWith('//'))
    throw invalid('url', `${provider}:// has no host; write ${provider}:./relative or ${provider}:/absolute`);
  try {
    return decodeURIComponent(rest);
  } catch {
    throw invalid('url', 'the path holds a broken percent-encoding');
  }
}
