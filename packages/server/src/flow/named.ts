/** The first of many, and how many there are. */
export function createNamed<One>(max: number) {
  const first: One[] = [];
  let count = 0;
  return {
    first,
    count: () => count,
    add(one: One): void {
      count += 1;
      if (first.length < max) first.push(one);
    },
  };
}
