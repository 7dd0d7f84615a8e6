import { placeholderUrl } from '@safelight/client';
import { Star } from 'lucide-react';
import { type ComponentType, type CSSProperties, memo, useMemo } from 'react';
import { go, hrefOf, withImage } from '#routes';
import { isFavorite } from '../favorites/favorite.ts';
import type { Picture } from '../library/library.ts';
import type { Select } from '../select/create-select.tsx';
import type { RenditionProps } from './rendition.tsx';
import style from './tile.module.css';

export interface OverProps {
  readonly picture: Picture;
  /** Whether Tab reaches what lies over it, as it reaches the tile itself. */
  readonly isTabStop: boolean;
}

/** How a grid shows a picture. */
export interface TileParts {
  readonly Rendition: ComponentType<RenditionProps>;
  /** Its buttons have `data-part`: the focus goes from one to the same one of the neighbour when the picture leaves. */
  readonly Over?: ComponentType<OverProps>;
}

interface TileProps extends TileParts, OverProps {
  /** In time and among the others, for those who don't see it. */
  readonly where: string;
  /** Whose it is, where pictures of several users are. */
  readonly owner: string | undefined;
  /** undefined: no picture is selected, so Tab reaches no mark. */
  readonly isSelected: boolean | undefined;
  /** What selects it; undefined: it can't be selected. */
  readonly Mark: Select['Mark'] | undefined;
  readonly top: number;
  readonly left: number;
  readonly width: number;
  readonly height: number;
}

/** A picture of the grid, as a link to its address. */
export const PictureTile = memo(function PictureTile({
  picture,
  where,
  owner,
  isTabStop,
  isSelected,
  Mark,
  Rendition,
  Over,
  ...box
}: TileProps) {
  const id = picture.image_id;
  const placeholder = useMemo(() => groundOf(picture), [picture]);
  const isLost = picture.status === 'deleted';
  const hasStar = isFavorite(picture);
  return (
    <>
      <a
        className={style['tile']}
        href={hrefOf(withImage(id))}
        data-image={id}
        data-selected={isSelected || undefined}
        title={owner}
        aria-label={
          isLost ? undefined : `${picture.description ?? picture.filename}, ${where}${hasStar ? ', favorite' : ''}`
        }
        tabIndex={isTabStop ? 0 : -1}
        draggable={false}
        style={{ ...placeholder, ...box }}
        onClick={(event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
          event.preventDefault();
          go(withImage(id));
        }}
      >
        {isLost ? (
          <span className={style['gone']}>Gone</span>
        ) : (
          <Rendition picture={picture} width={box.width} height={box.height} />
        )}
        {hasStar && !isLost && <Star className={style['star']} size={16} aria-hidden />}
      </a>
      {!isLost && (Over || Mark) && (
        <div className={style['over']} data-over={id} style={box}>
          {Mark && (
            <Mark
              label={`Select ${picture.filename}`}
              shortcut="x"
              isChecked={isSelected ?? false}
              isTabStop={isTabStop && isSelected !== undefined}
              data-part="select"
            />
          )}
          {Over && <Over picture={picture} isTabStop={isTabStop} />}
        </div>
      )}
    </>
  );
});

/** What is seen until the picture is there. */
export function groundOf(picture: Picture): CSSProperties {
  const url = placeholderUrl(picture);
  return {
    ...(picture.dominant_color !== null && { '--dominant': picture.dominant_color }),
    ...(url !== undefined && { backgroundImage: `url(${url})` }),
  } as CSSProperties;
}
