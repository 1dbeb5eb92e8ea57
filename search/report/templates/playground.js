// The playground: what each model said of a coarse grid, epoch by epoch, under a slider.
const play = async () => {
  const at = (name) => document.getElementById(`play-${name}`);
  const data = JSON.parse(at("data").textContent);
  const [plane, chart] = [at("plane"), at("loss")];
  const [pick, slider, says] = [at("model"), at("epoch"), at("says")];
  const side = data.side;
  const shown = data.classes.length === 2 ? 1 : data.classes.length;
  const unpacked = async (text) => {
    const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };
  const frames = await Promise.all(data.models.map((model) => unpacked(model.frames)));
  const cell = { column: (side - 1) / 2, row: (side - 1) / 2 };
  const model = () => data.models[pick.selectedIndex];
  const shares = (column, row) => {
    const start = (Number(slider.value) * side * side + row * side + column) * shown;
    const own = [...frames[pick.selectedIndex].slice(start, start + shown)].map((n) => n / 255);
    return shown === 1 ? [1 - own[0], own[0]] : own;
  };
  const style = () => getComputedStyle(document.documentElement);
  const colour = (code) => style().getPropertyValue(`--c${(code % 7) + 1}`).trim();
  const ink = (name) => style().getPropertyValue(`--${name}`).trim();
  const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));

  const mark = (pen, x, y, code) => {
    pen.beginPath();
    const kind = code % 4;
    if (kind === 0) pen.arc(x, y, 3.5, 0, 7);
    else if (kind === 2) pen.rect(x - 3.2, y - 3.2, 6.4, 6.4);
    else {
      const up = kind === 1 ? -1 : 1;
      pen.moveTo(x, y + 4.4 * up);
      pen.lineTo(x + 4, y - 3 * up);
      pen.lineTo(x - 4, y - 3 * up);
      pen.closePath();
    }
    pen.fill();
    pen.stroke();
  };
  const drawPlane = () => {
    const small = new OffscreenCanvas(side, side);
    const image = new ImageData(side, side);
    const colours = data.classes.map((_, code) => rgb(colour(code)));
    for (let row = 0; row < side; row += 1) {
      for (let column = 0; column < side; column += 1) {
        const own = shares(column, row);
        const best = own.indexOf(Math.max(...own));
        const sure = (own[best] - 1 / own.length) / (1 - 1 / own.length);
        const place = ((side - 1 - row) * side + column) * 4;
        image.data.set([...colours[best], 255 * (0.08 + 0.55 * sure)], place);
      }
    }
    small.getContext("2d").putImageData(image, 0, 0);
    const pen = plane.getContext("2d");
    const { width, height } = plane;
    pen.clearRect(0, 0, width, height);
    pen.drawImage(small, 0, 0, width, height);
    const [[left, right], [low, high]] = data.axes;
    pen.strokeStyle = ink("ground");
    pen.lineWidth = 0.8;
    data.points.forEach(([x, y], i) => {
      pen.fillStyle = colour(data.codes[i]);
      const across = ((x - left) / (right - left)) * width;
      mark(pen, across, (1 - (y - low) / (high - low)) * height, data.codes[i]);
    });
    const x = ((cell.column + 0.5) / side) * width;
    const y = (1 - (cell.row + 0.5) / side) * height;
    pen.strokeStyle = ink("ink");
    pen.lineWidth = 1.2;
    pen.strokeRect(x - 5, y - 5, 10, 10);
  };
  const drawLoss = () => {
    const pen = chart.getContext("2d");
    const { width, height } = chart;
    const lines = [model().loss, model().val_loss].map((line) => line.filter(Number.isFinite));
    const all = lines.flat();
    const [low, high] = [Math.min(...all), Math.max(...all)];
    const longest = Math.max(...lines.map((line) => line.length), 2);
    const across = (epoch) => 8 + ((epoch - 1) / (longest - 1)) * (width - 16);
    const up = (value) => 24 + (1 - (value - low) / (high - low || 1)) * (height - 48);
    pen.clearRect(0, 0, width, height);
    pen.font = "13px system-ui, sans-serif";
    pen.fillStyle = ink("soft");
    pen.fillText(`loss ${high}`, 8, 14);
    pen.fillText(`${low}`, 8, height - 6);
    pen.fillText("dashed: training", width - 120, 14);
    lines.forEach((line, whole) => {
      pen.strokeStyle = colour(0);
      pen.lineWidth = 1.6;
      pen.setLineDash(whole ? [] : [5, 4]);
      pen.beginPath();
      line.forEach((value, i) => pen.lineTo(across(i + 1), up(value)));
      pen.stroke();
    });
    pen.setLineDash([]);
    pen.strokeStyle = ink("ink");
    pen.beginPath();
    const now = across(model().epochs[Number(slider.value)]);
    pen.moveTo(now, 20);
    pen.lineTo(now, height - 20);
    pen.stroke();
  };
  const draw = () => {
    drawPlane();
    drawLoss();
    const epoch = model().epochs[Number(slider.value)];
    const value = (axis, place) => {
      const [low, high] = data.axes[axis];
      return (low + (place / (side - 1)) * (high - low)).toPrecision(3);
    };
    const where = [cell.column, cell.row].map((n, axis) => `${data.features[axis]} ${value(axis, n)}`);
    const own = shares(cell.column, cell.row);
    const told = data.classes.map((name, code) => `${name} ${own[code].toFixed(2)}`);
    const losses = ["loss", "val_loss"].map((name) => model()[name][epoch - 1]);
    slider.setAttribute("aria-valuetext", `epoch ${epoch}`);
    says.textContent =
      `Epoch ${epoch}: training loss ${losses[0]}, validation loss ${losses[1]}. ` +
      `At ${where.join(", ")}: ${told.join(", ")}.`;
  };
  const choose = () => {
    slider.max = model().epochs.length - 1;
    slider.value = slider.max;
    draw();
  };
  const move = (column, row) => {
    const inside = (n) => Math.max(0, Math.min(side - 1, n));
    Object.assign(cell, { column: inside(column), row: inside(row) });
    draw();
  };

  for (const { name } of data.models) pick.add(new Option(name));
  pick.addEventListener("change", choose);
  slider.addEventListener("input", draw);
  plane.addEventListener("pointermove", (event) => {
    const box = plane.getBoundingClientRect();
    const part = (n, size) => Math.floor((n / size) * side);
    move(part(event.clientX - box.left, box.width), part(box.bottom - event.clientY, box.height));
  });
  plane.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    move(cell.column + step[0], cell.row + step[1]);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  choose();
  at("box").hidden = false;
  at("needs").hidden = true;
};
if (document.getElementById("play-data")) play();
