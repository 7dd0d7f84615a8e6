import './photoswipe.css';
import PhotoSwipe, { type SlideData } from 'photoswipe';
import type { Picture } from '../library/library.ts';
import { limitToStrip } from './limit-to-strip.ts';
import { createOriginals, type OriginalsOptions } from './originals.ts';
import { createStrip, LAST_POSITION, type Neighbours } from './strip.ts';
import { imageOfTile, tileOf } from './tile-of.ts';

export interface StageOptions {
  readonly element: HTMLElement;
  readonly neighbours: Neighbours;
  /** Whether the first picture grows from its tile. */
  readonly isFromTile: boolean;
  /** How the picture is first shown; without `src` the original is. */
  slideOf(picture: Picture): SlideData;
  /** A URL that an `<img>` can load. */
  readonly originalUrl: OriginalsOptions['originalUrl'];
  /** The picture with URLs that haven't expired. */
  fresh(picture: Picture): Promise<Picture>;
  /** Also when another neighbour is known. */
  onShow(shown: Shown): void;
  /** It was swiped away, or the black beside it was clicked. */
  onClose(): void;
  /** A finger touched the picture, once. */
  onTap(): void;
  /** A finger swept up. */
  onSwipeUp(): void;
  /** Whether the grid is seen around the picture: it grows from its tile, or a finger drags it away. */
  onMove(isMoving: boolean): void;
  onProblem(error: unknown): void;
}

export interface Shown {
  readonly picture: Picture;
  /** Also while nobody knows. */
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
}

/** Pictures side by side, on black. */
export interface Stage {
  show(picture: Picture): void;
  shown(): Picture;
  move(step: 1 | -1): Promise<void>;
  /** The picture to show instead when the shown one goes. */
  successor(): Promise<Picture | undefined>;
  isZoomed(): boolean;
  toggleZoom(): void;
  pan(direction: { readonly x?: 1 | -1; readonly y?: 1 | -1 }): void;
  /** The element has another size. */
  resize(): void;
  destroy(): void;
}

/** Pixels that an arrow key moves a zoomed picture. */
const PAN_STEP = 80;
/** Said below what the tile shows. */
const LARGE_IS_AWAY = "The large picture can't be reached at the moment.";
const YOU_ARE_OFFLINE = "You're offline: the large picture is shown when you're back.";
/** Pixels that make a swipe. */
const SWIPE = 48;
/** Between two clicks of a double click. */
const DOUBLE_CLICK_MS = 400;

type Bounds = NonNullable<ReturnType<PhotoSwipe['getThumbBounds']>>;

/** undefined: the picture fades instead. */
function boundsOf(tile: HTMLElement | undefined): Bounds | undefined {
  if (!tile) return undefined;
  const { x, y, width: w } = tile.getBoundingClientRect();
  return { x, y, w };
}

export function createStage(first: Picture, options: StageOptions): Stage {
  const { element } = options;
  const strip = createStrip(options.neighbours);
  const retried = new Set<string>();
  let shown = first;
  let isEnding = false;
  let clickedAt = Number.NEGATIVE_INFINITY;

  const pswp = new PhotoSwipe({
    index: strip.startWith(first),
    appendToEl: element,
    getViewportSizeFn: () => ({ x: element.clientWidth, y: element.clientHeight }),
    bgOpacity: 1,
    loop: false,
    preload: [1, 2],
    // Keys and focus are the viewer's own.
    escKey: false,
    arrowKeys: false,
    trapFocus: false,
    returnFocus: false,
    showHideAnimationType: 'zoom',
    showAnimationDuration: options.isFromTile ? 200 : 0,
    hideAnimationDuration: 150,
    zoomAnimationDuration: 200,
    // One pixel of the screen for each of the original's.
    secondaryZoomLevel: ({ fit }) => (1 / devicePixelRatio > fit ? 1 / devicePixelRatio : 1),
    maxZoomLevel: ({ fit }) => Math.max(2, fit * 4),
    imageClickAction: (point, event) => {
      const isSecond = event.timeStamp - clickedAt < DOUBLE_CLICK_MS;
      clickedAt = isSecond ? Number.NEGATIVE_INFINITY : event.timeStamp;
      if (isSecond) pswp.currSlide?.toggleZoom(point);
    },
    bgClickAction: 'close',
    tapAction: () => options.onTap(),
    doubleTapAction: 'zoom',
    errorMsg: "This picture can't be shown at the moment.",
  });
  pswp.addFilter('numItems', () => LAST_POSITION);
  pswp.addFilter('itemData', (_, position) => {
    const picture = strip.at(position);
    return picture ? { ...options.slideOf(picture), type: 'image', picture } : { type: 'nothing' };
  });
  pswp.addFilter('placeholderSrc', () => false);
  pswp.addFilter('thumbBounds', (_, { picture }) => boundsOf(tileOf(picture.image_id)) as Bounds); // its type knows no absence
  // Its own buttons are HTML in strings, which Trusted Types refuse.
  pswp.on('uiRegister', () => {
    if (pswp.ui) pswp.ui.uiElementsData = [];
  });
  pswp.on('keydown', (event) => event.preventDefault());
  pswp.on('lazyLoadSlide', (event) => {
    if (!strip.at(event.index)) event.preventDefault();
  });
  pswp.on('contentLoad', (event) => {
    if (event.content.type === 'nothing') event.preventDefault();
  });
  pswp.on('slideLoad', ({ slide }) => {
    const place = slide.content.placeholder?.element;
    if (!place) return;
    const tile = imageOfTile(slide.data['picture']);
    if (tile) place.replaceChildren(tile);
    else place.style.background = slide.data['background'];
  });
  // PhotoSwipe removes it a second later: until then it would show through a transparent picture.
  pswp.on('loadComplete', ({ content: { data, element, placeholder } }) => {
    if (!(element instanceof HTMLImageElement)) return;
    const hide = (): void => {
      if (placeholder?.element) placeholder.element.style.visibility = 'hidden';
      if (data['hasGround']) element.dataset['ground'] = '';
    };
    element.decode().then(hide, hide);
  });
  pswp.addFilter('contentErrorElement', (message, content) => {
    const tile = imageOfTile(content.data['picture']);
    if (!tile) return message;
    message.innerText = navigator.onLine ? LARGE_IS_AWAY : YOU_ARE_OFFLINE;
    const both = document.createElement('div');
    both.className = 'pswp__tile';
    both.append(tile, message);
    return both;
  });
  /** Pixels that a finger is above the place where it touched. */
  let swept = 0;
  pswp.on('pointerDown', () => {
    swept = 0;
  });
  pswp.on('verticalDrag', (event) => {
    const { pan, bounds } = pswp.currSlide ?? {};
    if (!pan || !bounds || pan.y > bounds.center.y + 1 || event.panY > pan.y + swept) return options.onMove(true);
    swept += pan.y - event.panY; // the picture stays, so that each event tells the way since the last one
    event.preventDefault();
  });
  pswp.on('pointerUp', () => {
    if (swept > SWIPE) options.onSwipeUp();
    swept = 0;
    options.onMove(false);
  });
  pswp.on('close', () => options.onMove(true));
  pswp.on('openingAnimationEnd', () => {
    pswp.updateSize(); // the element may have had another size meanwhile
    options.onMove(false);
  });
  pswp.on('loadError', ({ content }) => void readAgain(content.data['picture'], content.index));
  pswp.on('change', () => {
    const picture = strip.at(pswp.currIndex);
    if (!picture || picture === shown) return;
    shown = picture;
    void lookAround();
  });
  pswp.on('destroy', () => {
    if (!isEnding) options.onClose();
  });
  const backOnline = (): void => {
    if (pswp.isDestroying) return;
    for (const { slide } of pswp.mainScroll.itemHolders)
      if (slide?.content.isError()) pswp.refreshSlideContent(slide.index);
  };
  addEventListener('online', backOnline);
  pswp.on('destroy', () => removeEventListener('online', backOnline));
  limitToStrip(pswp, strip);
  createOriginals(pswp, options);
  pswp.init();
  pswp.element?.removeAttribute('role'); // The viewer around it is the dialog.
  void lookAround();

  /** Finds the neighbours, and loads them. */
  async function lookAround(): Promise<void> {
    tell();
    const position = pswp.currIndex;
    for (const step of [1, -1] as const) await find(position, step);
    await find(position + 1, 1);
  }

  async function find(position: number, step: 1 | -1): Promise<void> {
    const place = position + step;
    if (!strip.at(position) || strip.at(place)) return;
    const found = await strip.beside(position, step).catch(() => undefined); // the key that asks for it tells why
    if (isEnding || pswp.isDestroying || strip.at(place) !== found) return;
    if (found) pswp.refreshSlideContent(place);
    if (found) pswp.contentLoader.updateLazy(step);
    tell();
  }

  function tell(): void {
    const at = pswp.currIndex;
    options.onShow({ picture: shown, hasNext: !strip.isEnd(at + 1), hasPrevious: !strip.isEnd(at - 1) });
  }

  /** Once, since URLs expire. */
  async function readAgain(picture: Picture, position: number): Promise<void> {
    if (retried.has(picture.image_id)) return;
    retried.add(picture.image_id);
    try {
      strip.replace(await options.fresh(picture));
      if (!isEnding && !pswp.isDestroying) pswp.refreshSlideContent(position);
    } catch (error) {
      // Offline the stage says so itself.
      if (!isEnding && picture.image_id === shown.image_id && navigator.onLine) options.onProblem(error);
    }
  }

  return {
    show(picture) {
      pswp.goTo(strip.startWith(picture));
    },
    shown: () => shown,
    async move(step) {
      const position = pswp.potentialIndex;
      const found = await strip.beside(position, step);
      if (!found || isEnding || pswp.isDestroying || pswp.potentialIndex !== position) return;
      if (pswp.mainScroll.itemHolders[1 + step]?.slide?.data['picture'] !== found)
        pswp.refreshSlideContent(position + step);
      pswp.goTo(position + step);
    },
    successor: async () => (await strip.beside(pswp.currIndex, 1)) ?? (await strip.beside(pswp.currIndex, -1)),
    isZoomed: () => pswp.currSlide !== undefined && pswp.currSlide.currZoomLevel > pswp.currSlide.zoomLevels.fit,
    toggleZoom: () => pswp.toggleZoom(),
    pan({ x = 0, y = 0 }) {
      const slide = pswp.currSlide;
      slide?.panTo(slide.pan.x - x * PAN_STEP, slide.pan.y - y * PAN_STEP);
    },
    resize: () => pswp.updateSize(),
    destroy() {
      isEnding = true;
      pswp.destroy();
    },
  };
}
