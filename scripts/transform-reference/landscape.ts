import { createRandom, type Random } from './random.ts';

/** The coordinate system of the scene, independent of its size. */
export const SCENE = { width: 1200, height: 900 } as const;

interface Place {
  readonly x: number;
  readonly y: number;
}

export interface Moment {
  readonly sun: Place;
  readonly boat: Place;
}

export const EVENING: Moment = { sun: { x: 300, y: 205 }, boat: { x: 905, y: 668 } };

const HORIZON = 520;
const MEADOW = 760;

/**
 * A lake in the evening, as SVG: light and dark, flat and fine areas, a small red boat off center, and nothing
 * symmetric, so that every transform is visible.
 */
export function landscape({ sun, boat: boatAt }: Moment): string {
  const random = createRandom(7);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${SCENE.width}" height="${SCENE.height}">
  <defs>
    ${gradient('sky', ['#1f3b68', 0], ['#5b6fa0', 0.4], ['#e79a78', 0.78], ['#ffd9a0', 1])}
    ${gradient('water', ['#f0b98c', 0], ['#7f86a6', 0.28], ['#2b4a72', 0.7], ['#1c3556', 1])}
    ${gradient('grass', ['#5f8a3a', 0], ['#2f5524', 1])}
    <radialGradient id="glow"><stop stop-color="#fff3cf" stop-opacity="0.95"/><stop offset="0.35" stop-color="#ffdf9a" stop-opacity="0.4"/><stop offset="1" stop-color="#ffcf90" stop-opacity="0"/></radialGradient>
  </defs>
  <rect width="1200" height="${HORIZON + 2}" fill="url(#sky)"/>
  <circle cx="${sun.x}" cy="${sun.y}" r="190" fill="url(#glow)"/>
  <circle cx="${sun.x}" cy="${sun.y}" r="52" fill="#fff6dc"/>
  ${cloud({ x: 640, y: 130 }, 1.1)}${cloud({ x: 1010, y: 210 }, 0.8)}${cloud({ x: 120, y: 90 }, 0.6)}
  ${[930, 985, 1030].map((x, index) => bird({ x, y: 95 + ((index * 37) % 50) })).join('')}
  ${ridge(random, { fill: '#7d7ba3', base: 330, height: 120, roughness: 0.55 })}
  ${ridge(random, { fill: '#565d88', base: 410, height: 90, roughness: 0.5 })}
  <path d="M0 470 C 180 400 380 520 640 470 S 1040 380 1200 420 V ${HORIZON + 2} H 0 Z" fill="#36523f"/>
  ${forest(random)}
  <rect y="${HORIZON}" width="1200" height="${MEADOW - HORIZON + 40}" fill="url(#water)"/>
  ${ripples(random, sun.x)}
  ${house({ x: 150, y: 470 })}
  ${boat(boatAt)}
  <path d="M0 ${MEADOW - 45} C 220 ${MEADOW - 70} 420 ${MEADOW + 30} 700 ${MEADOW + 25} S 1040 ${MEADOW - 5} 1200 ${MEADOW + 30} V 900 H 0 Z" fill="url(#grass)"/>
  ${meadow(random)}
</svg>`;
}

const gradient = (id: string, ...stops: readonly (readonly [color: string, offset: number])[]): string =>
  `<linearGradient id="${id}" x2="0" y2="1">${stops.map(([color, offset]) => `<stop offset="${offset}" stop-color="${color}"/>`).join('')}</linearGradient>`;

const rounded = (value: number): string => String(Math.round(value * 10) / 10);

function cloud({ x, y }: Place, size: number): string {
  const puffs: readonly (readonly number[])[] = [
    [0, 0, 95, 15],
    [-42, -10, 45, 16],
    [22, -15, 52, 20],
    [75, -4, 48, 11],
  ];
  const shapes = puffs.map(
    ([dx = 0, dy = 0, rx = 0, ry = 0]) => `<ellipse cx="${dx}" cy="${dy}" rx="${rx}" ry="${ry}"/>`,
  );
  return `<g transform="translate(${x} ${y}) scale(${size})" fill="#ffe3cf" opacity="0.42">${shapes.join('')}</g>`;
}

const bird = ({ x, y }: Place): string =>
  `<path d="M${x} ${y} q 11 -13 20 0 q 9 -13 20 -2" fill="none" stroke="#1b2a49" stroke-width="3.5" stroke-linecap="round"/>`;

interface Ridge {
  readonly fill: string;
  readonly base: number;
  readonly height: number;
  readonly roughness: number;
}

/** Displaces midpoints, by less each time. */
function ridge(random: Random, { fill, base, height, roughness }: Ridge): string {
  let heights = [random(), random(), random(), random(), random()];
  for (let swing = 0.5; heights.length < 120; swing *= roughness) {
    heights = heights.flatMap((left, index) => {
      const right = heights[index + 1];
      return right === undefined ? [left] : [left, (left + right) / 2 + (random() - 0.5) * swing];
    });
  }
  const step = SCENE.width / (heights.length - 1);
  const points = heights.map((one, index) => `${rounded(index * step)},${rounded(base + height * (0.5 - one))}`);
  return `<polygon fill="${fill}" points="0,${HORIZON + 2} ${points.join(' ')} 1200,${HORIZON + 2}"/>`;
}

/** Denser to the right; nearer ones are drawn last. */
function forest(random: Random): string {
  const firs = Array.from({ length: 95 }, () => {
    const x = 520 + 700 * random() ** 0.7;
    const y = HORIZON + 3 - (x - 480) * 0.11 * random();
    return { x, y, height: 42 + 45 * random(), tint: random() };
  }).toSorted((one, other) => one.y - other.y);
  return firs.map(fir).join('');
}

function fir({ x, y, height, tint }: Place & { readonly height: number; readonly tint: number }): string {
  const fill = `rgb(${Math.round(22 + 22 * tint)},${Math.round(48 + 38 * tint)},${Math.round(38 + 14 * tint)})`;
  const tiers = [1, 0.72, 0.42].map((share, index) => {
    const bottom = y - (index * height) / 4;
    const half = (height * share) / 3.6;
    return `M${rounded(x - half)} ${rounded(bottom)} L${rounded(x)} ${rounded(bottom - height * 0.52)} L${rounded(x + half)} ${rounded(bottom)} Z`;
  });
  return `<path fill="${fill}" d="${tiers.join(' ')}"/>`;
}

/** A little everywhere, and brightest below the sun. */
function ripples(random: Random, sunX: number): string {
  const all = Array.from({ length: 130 }, () => stroke(random, random() * SCENE.width, '#cfd6ea', 0.16));
  const glitter = Array.from({ length: 70 }, () =>
    stroke(random, sunX + (random() + random() - 1) * 90, '#ffeec4', 0.75),
  );
  return [...all, ...glitter].join('');
}

function stroke(random: Random, x: number, color: string, opacity: number): string {
  const depth = random();
  const y = HORIZON + 6 + depth * (MEADOW - HORIZON);
  const half = 5 + 22 * depth * random();
  return `<path d="M${rounded(x - half)} ${rounded(y)} h${rounded(half * 2)}" stroke="${color}" stroke-opacity="${opacity}" stroke-width="${rounded(1 + 2 * depth)}" stroke-linecap="round"/>`;
}

const house = ({ x, y }: Place): string => `<g transform="translate(${x} ${y})">
    <path d="M-95 62 C -50 34 120 30 200 62 Q 60 74 -95 62 Z" fill="#3f6136"/>
    <rect width="105" height="46" fill="#8e4a35"/>
    <path d="M-10 2 L18 -36 H92 L116 2 Z" fill="#3b3540"/>
    <rect x="76" y="-48" width="12" height="22" fill="#5b4a48"/>
    ${[12, 78].map((left) => `<rect x="${left}" y="13" width="16" height="17" fill="#ffe9a8" stroke="#f5efe6" stroke-width="3"/>`).join('')}
    <rect x="43" y="12" width="20" height="34" fill="#f5efe6"/>
  </g>`;

/** The position is the middle of the hull. */
export const boat = ({ x, y }: Place, size = 1): string => `<g transform="translate(${x} ${y}) scale(${size})">
    <path d="M-62 26 Q 0 40 70 24 L 52 44 Q 0 56 -48 44 Z" fill="#14263f" fill-opacity="0.45"/>
    <path d="M4 -150 V 2" stroke="#5a3d2b" stroke-width="5"/>
    <path d="M9 -146 Q 78 -70 66 -12 H 9 Z" fill="#d7263d"/>
    <path d="M9 -146 Q 48 -76 42 -12 H 9 Z" fill="#ef4a55"/>
    <path d="M-1 -128 Q -34 -66 -52 -12 H -1 Z" fill="#fff4e2"/>
    <path d="M4 -150 l-22 -8 l22 -8 Z" fill="#2f7fd6"/>
    <path d="M-66 0 H 80 Q 66 30 40 32 H -36 Q -58 28 -66 0 Z" fill="#fbfaf6"/>
    <path d="M-60 12 H 73 L 66 21 H -54 Z" fill="#d7263d"/>
  </g>`;

const FLOWERS = ['#ffd23f', '#f7f3ea', '#e4572e', '#c792ea'];

function meadow(random: Random): string {
  const blades = Array.from({ length: 620 }, () => {
    const depth = random();
    const y = MEADOW + 24 + depth * (SCENE.height - MEADOW);
    return {
      x: random() * SCENE.width,
      y,
      height: 10 + 36 * depth * (0.5 + random()),
      tint: random(),
      lean: random() - 0.3,
    };
  }).toSorted((one, other) => one.y - other.y);
  return blades.map((blade, index) => grass(blade) + (index % 12 === 0 ? flower(blade, index / 12) : '')).join('');
}

interface Blade extends Place {
  readonly height: number;
  readonly tint: number;
  readonly lean: number;
}

function grass({ x, y, height, tint, lean }: Blade): string {
  const stroke = `rgb(${Math.round(58 + 90 * tint)},${Math.round(98 + 82 * tint)},${Math.round(38 + 30 * tint)})`;
  return `<path d="M${rounded(x)} ${rounded(y)} q ${rounded(lean * 3)} ${rounded(-height * 0.6)} ${rounded(lean * height * 0.6)} ${rounded(-height)}" fill="none" stroke="${stroke}" stroke-width="3"/>`;
}

const flower = ({ x, y, height, lean }: Blade, index: number): string =>
  `<circle cx="${rounded(x + lean * height * 0.6)}" cy="${rounded(y - height)}" r="${rounded(3 + height / 11)}" fill="${FLOWERS[index % FLOWERS.length]}"/>`;
