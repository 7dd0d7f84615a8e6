/** All single mutations of a text at one place, and with one other character. */
export function mutationsOf(text: string, at: number, character: string): string[] {
  const [before, here, after] = [text.slice(0, at), text.charAt(at), text.slice(at + 1)];
  const flipped = here === here.toLowerCase() ? here.toUpperCase() : here.toLowerCase();
  const mutated = [
    before + character + after,
    before + character + here + after,
    before + after,
    before + flipped + after,
    before + after.charAt(0) + here + after.slice(1),
    before + here,
  ];
  return mutated.filter((one) => one !== text);
}

/**
 * Mutations of one parameter of a path with a query: dropped, repeated, repeated with another value, emptied, and moved
 * to the end.
 */
export function parameterMutationsOf(url: string, index: number, character: string): string[] {
  const [path = '', query = ''] = url.split('?');
  const parameters = query.split('&');
  const at = index % parameters.length;
  const chosen = parameters[at] ?? '';
  const others = parameters.filter((_, place) => place !== at);
  const name = chosen.slice(0, chosen.indexOf('='));
  const queries = [
    others,
    [...parameters, chosen],
    [chosen, ...parameters],
    [`${name}=${character}`, ...parameters],
    [...parameters, `${name}=${character}`],
    [...others, `${name}=`],
    [...others, `${name.toUpperCase()}${chosen.slice(name.length)}`],
    [...others, chosen],
  ];
  return queries.map((one) => `${path}?${one.join('&')}`);
}

const SEAL = ['exp', 'kid', 'sig'];

/**
 * What a URL asks for. Parameters may have any order, ids any case, numbers leading zeros, and paths a slash at the
 * end; `v` is for caches, and an empty parameter outside the signature counts as absent. URLs of equal meaning may open
 * the same.
 */
export function meaningOf(url: string): string {
  const { pathname, search } = new URL(url, 'http://localhost');
  const searchParams = new URLSearchParams(search.slice(1)); // drops a second question mark, as the service does
  const [root, images, id = '', ...rest] = pathname.replace(/\/$/, '').split('/');
  searchParams.delete('v');
  const given = [...searchParams].filter(([name, value]) => value !== '' || SEAL.includes(name));
  const parameters = given.map(([name, value]) =>
    name === 'w' || name === 'h' ? [name, value.replace(/^0+(?=\d)/, '')] : [name, value],
  );
  return JSON.stringify([root, images, id.toLowerCase(), ...rest, parameters.map(String).toSorted()]);
}
