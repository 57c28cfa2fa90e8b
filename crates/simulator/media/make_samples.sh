#!/bin/sh
# Makes the sample media from the drawings beside it. Needs chromium, ffmpeg, cwebp, espeak-ng and python3.
# The results are committed; run this only after changing a drawing or a sentence.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

shoot() { # drawing, width, height
    printf '<style>*{margin:0}html{background:transparent}img{width:%spx;height:%spx;display:block}</style><img src="%s">' \
        "$2" "$3" "$PWD/drawings/$1.svg" > "$work/$1.html"
    chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars \
        --allow-file-access-from-files --default-background-color=00000000 \
        --window-size="$2,$3" --screenshot="$work/$1.png" "file://$work/$1.html" 2>/dev/null
}

for drawing in potted_fern wilting_plant damaged_parcel balcony_sunset; do
    shoot "$drawing" 960 720
    ffmpeg -v error -y -i "$work/$drawing.png" -q:v 5 -map_metadata -1 "$drawing.jpg"
done
shoot succulents 480 360
ffmpeg -v error -y -i "$work/succulents.png" -vf "split[a][b];[a]palettegen=64[p];[b][p]paletteuse=dither=none" succulents.png
shoot hoopoe_sticker 512 512
cwebp -quiet -q 80 "$work/hoopoe_sticker.png" -o hoopoe_sticker.webp

say() { # file, voice, sentence
    espeak-ng -v "$2" -s 155 -p 45 -w "$work/$1.wav" "$3"
    ffmpeg -v error -y -i "$work/$1.wav" -ac 1 -ar 48000 -c:a libopus -b:a 20k -application voip "$1.ogg"
}
say voice_note_en en-gb "Hi! The parcel arrived this morning, thank you so much."
say voice_note_es es "Hola, buenos días. ¿A qué hora abren mañana?"
say voice_note_pt pt-br "Oi, tudo bem? Vocês entregam no sábado?"

ffmpeg -v error -y -loop 1 -i "$work/balcony_sunset.png" -f lavfi -i "sine=frequency=220:sample_rate=44100" -t 3 \
    -vf "zoompan=z='1+0.06*on/60':d=1:s=480x360:fps=20,format=yuv420p" -af "volume=0.02" \
    -c:v libx264 -crf 33 -preset slow -c:a aac -b:a 24k -movflags +faststart -map_metadata -1 balcony.mp4

python3 make_invoice.py invoice.pdf
ls -l ./*.jpg ./*.png ./*.webp ./*.ogg ./*.mp4 ./*.pdf
