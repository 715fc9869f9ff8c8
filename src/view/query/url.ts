import { OPERATORS, type Filter, type Operator, type Query } from './types.js';

/** A query as the part of an address behind `?`: `f=score~at-least~3&q=text&sort=-score`. */
export function toParams({ filters, search, sort }: Query): URLSearchParams {
  const params = new URLSearchParams();
  for (const { path, operator, value } of filters)
    params.append('f', [path.replaceAll('~', '~0'), operator, value].join('~'));
  if (search !== '') params.set('q', search);
  if (sort) params.set('sort', `${sort.descending ? '-' : ''}${sort.path}`);
  return params;
}

/** The query of an address. Filters of another form are left out. */
export function fromParams(params: URLSearchParams): Query {
  const sort = params.get('sort');
  return {
    filters: params.getAll('f').flatMap(filterIn),
    search: params.get('q') ?? '',
    ...(sort !== null && { sort: { path: sort.replace(/^-/, ''), descending: sort.startsWith('-') } }),
  };
}

function filterIn(text: string): readonly Filter[] {
  const match = /^((?:[^~]|~0)*)~([a-z-]+)~(.*)$/s.exec(text);
  if (!match) return [];
  const [, path = '', operator = '', value = ''] = match;
  return isOperator(operator) ? [{ path: path.replaceAll('~0', '~'), operator, value }] : [];
}

const isOperator = (name: string): name is Operator => OPERATORS.some((known) => known === name);
