/**
 * Where the focus is, as far as it concerns the grid. `id` is the picture with the grid's tab stop; undefined: none has
 * had the focus yet.
 */
export type FocusState =
  | { readonly at: 'elsewhere'; readonly id: string | undefined }
  | OnTile
  /**
   * It goes to the tile as soon as that is rendered and takes it: a viewer that closes keeps the grid inert for some
   * frames.
   */
  | { readonly at: 'coming'; readonly id: string; readonly part: string | undefined; readonly refusals: number };

interface OnTile {
  readonly at: 'tile';
  readonly id: string;
  /** The part of what lies over the tile; undefined: the tile itself. */
  readonly part: string | undefined;
}

export type FocusEvent =
  | { readonly type: 'focused'; readonly id: string; readonly part: string | undefined }
  | { readonly type: 'left' }
  | { readonly type: 'wanted'; readonly id: string }
  /** The tile is there, and didn't take the focus in this frame. */
  | { readonly type: 'refused' }
  /** The picture with the focus was taken out; `next` has its place. */
  | { readonly type: 'removed'; readonly next: string };

export const NO_FOCUS: FocusState = { at: 'elsewhere', id: undefined };

/** Frames. */
const MOST_REFUSALS = 60;

export function focusAfter(state: FocusState, event: FocusEvent): FocusState {
  switch (event.type) {
    case 'focused':
      return { at: 'tile', id: event.id, part: event.part };
    case 'wanted':
      return { at: 'coming', id: event.id, part: undefined, refusals: 0 };
    case 'left':
      return state.at === 'tile' ? { at: 'elsewhere', id: state.id } : state;
    case 'refused':
      if (state.at !== 'coming') return state;
      if (state.refusals === MOST_REFUSALS) return { at: 'elsewhere', id: state.id };
      return { ...state, refusals: state.refusals + 1 };
    case 'removed':
      return state.at === 'elsewhere' ? state : { at: 'coming', id: event.next, part: state.part, refusals: 0 };
  }
}

/** The picture that stays loaded and rendered: the focus goes with its element. */
export const pinnedBy = (state: FocusState): string | undefined => (state.at === 'elsewhere' ? undefined : state.id);
