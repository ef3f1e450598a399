"use strict";

/** Reads what dfe/pages/packed.py writes: plain values, with typed arrays that lie over the block itself. */
function openBlock(buffer) {
  const bytes = new Uint8Array(buffer);
  if (String.fromCharCode(...bytes.subarray(0, 4)) !== "DFE1") throw new Error("not a block of this page");
  const head = new DataView(buffer).getUint32(4, true);
  const kinds = {
    u1: Uint8Array, i1: Int8Array, u2: Uint16Array, i2: Int16Array,
    u4: Uint32Array, i4: Int32Array, f4: Float32Array, f8: Float64Array,
  };
  return JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + head)), (_, value) =>
    Array.isArray(value?.$) ? new kinds[value.$[0]](buffer, 8 + head + value.$[1], value.$[2]) : value,
  );
}

/** The block that a script element holds in base64; null where there is none. */
function blockOf(id) {
  const text = document.getElementById(id)?.textContent.trim();
  return text ? openBlock(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer) : null;
}
