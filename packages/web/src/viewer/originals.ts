import type PhotoSwipe from 'photoswipe';
import type { Picture } from '../library/library.ts';

type Slide = NonNullable<PhotoSwipe['currSlide']>;
type Content = Slide['content'];

export interface OriginalsOptions {
  /** undefined: the caller may open no originals. */
  readonly originalUrl: ((picture: Picture) => Promise<string>) | undefined;
  onProblem(error: unknown): void;
}

/** Replaces a zoomed picture's rendition by its original, once its pixels are decoded, so that nothing flickers. */
export function createOriginals(pswp: PhotoSwipe, { originalUrl, onProblem }: OriginalsOptions): void {
  if (originalUrl === undefined) return;
  const open = originalUrl;
  const asked = new WeakSet<Content>();

  pswp.on('zoomPanUpdate', ({ slide }) => {
    const { content } = slide;
    if (asked.has(content) || !needsOriginal(slide)) return;
    asked.add(content);
    load(content).catch((error: unknown) => {
      // Nobody misses that of a picture that left meanwhile, perhaps to the trash.
      if (pswp.currSlide?.content === content && !pswp.isDestroying) onProblem(error);
    });
  });
  // Of a service without a preset of the whole picture.
  pswp.on('contentLoadImage', (event) => {
    const { content } = event;
    if (content.data.src) return;
    event.preventDefault();
    if (asked.has(content)) return;
    asked.add(content);
    content.state = 'loading';
    open(content.data['picture']).then(
      (url) => {
        content.data.src = url;
        content.loadImage(false);
      },
      () => content.onError(),
    );
  });

  async function load(content: Content): Promise<void> {
    const image = new Image();
    image.className = 'pswp__img';
    image.alt = content.data.alt ?? '';
    image.src = await open(content.data['picture']);
    await image.decode().catch((error: unknown) => {
      if (image.naturalWidth === 0) throw error;
    });
    const shown = content.element;
    if (!shown?.isConnected) return;
    if (content.data['hasGround']) image.dataset['ground'] = '';
    image.style.width = shown.style.width;
    image.style.height = shown.style.height;
    shown.replaceWith(image);
    content.element = image;
  }
}

/** Whether the screen shows more pixels than the rendition has, or each of the original's. */
function needsOriginal({ currZoomLevel, zoomLevels, width, data }: Slide): boolean {
  if (currZoomLevel <= zoomLevels.initial) return false;
  const level = currZoomLevel * devicePixelRatio;
  return level >= 0.99 || level * width > data['largest'];
}
