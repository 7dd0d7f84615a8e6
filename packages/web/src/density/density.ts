import { NEAR_TOP, type Point } from '../timeline/timeline.ts';

/** The size of pictures in a grid. `usual`: the one of the page's width. */
export type Density = (typeof DENSITIES)[number];

const DENSITIES = ['smaller', 'usual', 'larger'] as const;
const KEY = 'safelight-density';

/** src/ui/chosen-looks.js has read it before the page was painted. */
export function chosenDensity(): Density {
  const chosen = document.documentElement.dataset['density'];
  return DENSITIES.find((one) => one === chosen) ?? 'usual';
}

/** Grids listen for it. The picture at that point stays there. */
const CHOSEN = 'density';

export function chooseDensity(density: Density, at = middle()): void {
  document.documentElement.dataset['density'] = density;
  dispatchEvent(new CustomEvent<Point>(CHOSEN, { detail: at }));
  try {
    localStorage.setItem(KEY, density);
  } catch {
    // Without storage the choice holds until a reload.
  }
}

/** undefined: there is none beyond the chosen one. */
export const densityAfter = (by: 1 | -1): Density | undefined => DENSITIES[DENSITIES.indexOf(chosenDensity()) + by];

/** At the top of the page the newest pictures stay. */
const middle = (): Point => ({ x: innerWidth / 2, y: scrollY > NEAR_TOP ? innerHeight / 2 : 0 });

declare global {
  interface WindowEventMap {
    readonly density: CustomEvent<Point>;
  }
}
