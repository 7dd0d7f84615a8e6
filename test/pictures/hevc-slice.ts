import { type BitWriter, type Cabac, createBitWriter, createCabac, createContext } from './hevc-cabac.ts';
import { type Chroma, chromaFormat, type HevcPicture, layoutOf } from './hevc-picture.ts';

/** A picture's samples in whole coding tree blocks, of which there are `columns` in a row. */
export interface Blocks {
  readonly columns: number;
  readonly count: number;
  readonly planes: readonly Plane[];
  readonly chroma: Chroma;
  readonly bitDepth: number;
}

interface Plane {
  readonly samples: Uint16Array;
  readonly stride: number;
  readonly blockWidth: number;
  readonly blockHeight: number;
}

/** The plane with its last column and row repeated up to whole blocks. */
function padded(source: Uint8Array | Uint16Array, picture: HevcPicture, index: number): Plane {
  const { across, down } = index === 0 ? { across: 1, down: 1 } : chromaFormat(picture.chroma);
  const [width, height] = [Math.ceil(picture.width / across), Math.ceil(picture.height / down)];
  const layout = layoutOf(picture);
  const [blockWidth, blockHeight] = [2 ** layout.log2Block / across, 2 ** layout.log2Block / down];
  if (source.length !== width * height) {
    throw new Error(`expected ${width} x ${height} samples in plane ${index}; got ${source.length}`);
  }
  const stride = blockWidth * layout.columns;
  const samples = new Uint16Array(stride * blockHeight * layout.rows);
  for (let y = 0; y < blockHeight * layout.rows; y++) {
    const from = Math.min(y, height - 1) * width;
    samples.set(source.subarray(from, from + width), y * stride);
    samples.fill(source[from + width - 1] ?? 0, y * stride + width, (y + 1) * stride);
  }
  return { samples, stride, blockWidth, blockHeight };
}

export function blocksOf(picture: HevcPicture): Blocks {
  const { columns, rows } = layoutOf(picture);
  const { chroma, bitDepth } = picture;
  const planes = picture.planes.map((plane, index) => padded(plane, picture, index));
  return { columns, count: columns * rows, planes, chroma, bitDepth };
}

/** The blocks `start` to `end` as a slice: 7.3.6.1 and 7.3.8. */
export function sliceSegment(blocks: Blocks, start: number, end: number): Buffer {
  const { columns, count } = blocks;
  const writer = createBitWriter();
  writer.u(1, start === 0 ? 1 : 0); // first_slice_segment_in_pic_flag
  writer.u(1, 0); // no_output_of_prior_pics_flag
  writer.ue(0); // slice_pic_parameter_set_id
  if (start > 0) writer.u(32 - Math.clz32(count - 1), start); // slice_segment_address
  writer.ue(2); // slice_type I
  writer.ue(0); // slice_qp_delta
  writer.trailing(); // byte_alignment
  const cabac = createCabac(writer);
  const contexts = createContexts();
  const colors: (string | null)[] = [];
  for (let block = start; block < end; block++) {
    const color = colorOf(blocks, block);
    colors[block] = color;
    const neighbors = neighborsOf(block, columns).filter((neighbor) => neighbor >= start);
    cabac.decision(contexts.partMode, 1);
    if (color !== null && neighbors.length > 0 && neighbors.every((neighbor) => colors[neighbor] === color)) {
      predict(cabac, contexts, blocks.chroma);
    } else {
      cabac.terminate(1); // pcm_flag
      writer.align();
      writeSamples(writer, blocks, block);
    }
    cabac.terminate(block === end - 1 ? 1 : 0); // end_of_slice_segment_flag
  }
  return writer.bytes();
}

/** The blocks that intra prediction refers to (8.4.4.2.2), as far as they are in the picture. */
function neighborsOf(block: number, columns: number): number[] {
  const column = block % columns;
  const above = block - columns;
  return [...(column > 0 ? [block - 1, above - 1] : []), above, ...(column < columns - 1 ? [above + 1] : [])];
}

/** The initial values for I slices (9.3.2.2, tables 9-11 to 9-17) of the contexts that blocks without a split use. */
const createContexts = () => ({
  partMode: createContext(184),
  isMostProbableMode: createContext(184),
  chromaMode: createContext(63),
  lumaResidual: createContext(141),
  chromaResidual: createContext(94),
});

/**
 * After `part_mode`: a coding unit (7.3.8.5) that is predicted from its neighbors without a residual. The first of the
 * most probable modes is planar or DC here (8.4.2): both repeat the neighbors' color if they have only one.
 */
function predict(cabac: Cabac, contexts: ReturnType<typeof createContexts>, chroma: Chroma): void {
  cabac.terminate(0); // pcm_flag
  cabac.decision(contexts.isMostProbableMode, 1); // prev_intra_luma_pred_flag
  cabac.bypass(0); // mpm_idx
  if (chroma !== '4:0:0') {
    cabac.decision(contexts.chromaMode, 0); // intra_chroma_pred_mode: as luma
    const flags = chroma === '4:2:2' ? 4 : 2; // cbf_cb and cbf_cr; of each square in 4:2:2
    for (let flag = 0; flag < flags; flag++) cabac.decision(contexts.chromaResidual, 0);
  }
  cabac.decision(contexts.lumaResidual, 0); // cbf_luma
}

/** `pcm_sample` (7.3.8.7). */
function writeSamples(writer: BitWriter, { planes, columns, bitDepth }: Blocks, block: number): void {
  for (const plane of planes) {
    for (const row of rowsOf(plane, columns, block)) for (const sample of row) writer.u(bitDepth, sample);
  }
}

function* rowsOf(plane: Plane, columns: number, block: number): Generator<Uint16Array> {
  const { samples, stride, blockWidth, blockHeight } = plane;
  const first = Math.floor(block / columns) * blockHeight * stride + (block % columns) * blockWidth;
  for (let y = 0, at = first; y < blockHeight; y++, at += stride) yield samples.subarray(at, at + blockWidth);
}

/** The samples that all of the block's samples equal, if they do. */
function colorOf({ planes, columns }: Blocks, block: number): string | null {
  const color: number[] = [];
  for (const plane of planes) {
    const [first] = rowsOf(plane, columns, block).next().value ?? [];
    if (first === undefined) return null;
    for (const row of rowsOf(plane, columns, block)) if (row.some((sample) => sample !== first)) return null;
    color.push(first);
  }
  return color.join();
}
