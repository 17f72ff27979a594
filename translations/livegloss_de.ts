<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE" sourcelanguage="en_GB">
<context>
    <name>Accessibility</name>
    <message>
        <source>Captions</source>
        <translation>Untertitel</translation>
    </message>
    <message>
        <source>Video</source>
        <translation>Video</translation>
    </message>
    <message>
        <source>No picture</source>
        <translation>Kein Bild</translation>
    </message>
    <message>
        <source>Picture with attention over it</source>
        <translation>Bild mit Aufmerksamkeit darüber</translation>
    </message>
    <message>
        <source>Picture</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>Position in the clip</source>
        <translation>Stelle im Video</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 von %2</translation>
    </message>
</context>
<context>
    <name>Actions</name>
    <message>
        <source>Play Sample Clip</source>
        <translation>Beispiel abspielen</translation>
    </message>
    <message>
        <source>Play the first sample clip</source>
        <translation>Das erste Beispielvideo abspielen</translation>
    </message>
    <message>
        <source>Open File…</source>
        <translation>Datei öffnen …</translation>
    </message>
    <message>
        <source>Recognise a video file</source>
        <translation>Eine Videodatei erkennen</translation>
    </message>
    <message>
        <source>Use Camera</source>
        <translation>Kamera verwenden</translation>
    </message>
    <message>
        <source>Recognise what the first camera sees</source>
        <translation>Erkennen, was die erste Kamera sieht</translation>
    </message>
    <message>
        <source>Network Stream Address…</source>
        <translation>Adresse eines Netzwerkstreams …</translation>
    </message>
    <message>
        <source>Recognise a stream by its http or rtsp address</source>
        <translation>Einen Stream über seine http- oder rtsp-Adresse erkennen</translation>
    </message>
    <message>
        <source>Test Pattern</source>
        <translation>Testbild</translation>
    </message>
    <message>
        <source>Show a moving test pattern instead of a video</source>
        <translation>Ein bewegtes Testbild statt eines Videos zeigen</translation>
    </message>
    <message>
        <source>Close Source</source>
        <translation>Quelle schließen</translation>
    </message>
    <message>
        <source>Close the video, or release the camera</source>
        <translation>Das Video schließen oder die Kamera freigeben</translation>
    </message>
    <message>
        <source>Open Model File…</source>
        <translation>Modelldatei öffnen …</translation>
    </message>
    <message>
        <source>Recognise with a model from a .safetensors file</source>
        <translation>Mit einem Modell aus einer .safetensors-Datei erkennen</translation>
    </message>
    <message>
        <source>Demo Model</source>
        <translation>Demomodell</translation>
    </message>
    <message>
        <source>Recognise with the model that comes with the program</source>
        <translation>Mit dem mitgelieferten Modell erkennen</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>Play or pause</source>
        <translation>Abspielen oder anhalten</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stopp</translation>
    </message>
    <message>
        <source>Stop, and check all that was seen once more</source>
        <translation>Beenden und alles Gesehene noch einmal prüfen</translation>
    </message>
    <message>
        <source>One Frame Back</source>
        <translation>Ein Bild zurück</translation>
    </message>
    <message>
        <source>One frame back</source>
        <translation>Ein Bild zurück</translation>
    </message>
    <message>
        <source>One Frame On</source>
        <translation>Ein Bild weiter</translation>
    </message>
    <message>
        <source>One frame on</source>
        <translation>Ein Bild weiter</translation>
    </message>
    <message>
        <source>One Second Back</source>
        <translation>Eine Sekunde zurück</translation>
    </message>
    <message>
        <source>One second back</source>
        <translation>Eine Sekunde zurück</translation>
    </message>
    <message>
        <source>One Second On</source>
        <translation>Eine Sekunde weiter</translation>
    </message>
    <message>
        <source>One second on</source>
        <translation>Eine Sekunde weiter</translation>
    </message>
    <message>
        <source>Previous Gloss</source>
        <translation>Vorige Glosse</translation>
    </message>
    <message>
        <source>Jump to the gloss before</source>
        <translation>Zur vorigen Glosse springen</translation>
    </message>
    <message>
        <source>Next Gloss</source>
        <translation>Nächste Glosse</translation>
    </message>
    <message>
        <source>Jump to the next gloss</source>
        <translation>Zur nächsten Glosse springen</translation>
    </message>
    <message>
        <source>Loop</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>Start again at the end of a file</source>
        <translation>Am Ende einer Datei von vorn beginnen</translation>
    </message>
    <message>
        <source>Slower</source>
        <translation>Langsamer</translation>
    </message>
    <message>
        <source>Play slower</source>
        <translation>Langsamer abspielen</translation>
    </message>
    <message>
        <source>Faster</source>
        <translation>Schneller</translation>
    </message>
    <message>
        <source>Play faster</source>
        <translation>Schneller abspielen</translation>
    </message>
    <message>
        <source>Normal Speed</source>
        <translation>Normale Geschwindigkeit</translation>
    </message>
    <message>
        <source>Play at the speed of the recording</source>
        <translation>In der Geschwindigkeit der Aufnahme abspielen</translation>
    </message>
    <message>
        <source>Attention</source>
        <translation>Aufmerksamkeit</translation>
    </message>
    <message>
        <source>Show where the network looks</source>
        <translation>Zeigen, wohin das Netz schaut</translation>
    </message>
    <message>
        <source>Captions</source>
        <translation>Untertitel</translation>
    </message>
    <message>
        <source>Show the recognised glosses below the video</source>
        <translation>Die erkannten Glossen unter dem Video zeigen</translation>
    </message>
    <message>
        <source>Mirror the Picture</source>
        <translation>Bild spiegeln</translation>
    </message>
    <message>
        <source>Show the picture as a mirror would; recognition is not affected</source>
        <translation>Das Bild wie im Spiegel zeigen; die Erkennung bleibt unberührt</translation>
    </message>
    <message>
        <source>Framing Guide</source>
        <translation>Bildausschnitt-Hilfe</translation>
    </message>
    <message>
        <source>Show on a camera picture where head and hands should be</source>
        <translation>Im Kamerabild zeigen, wo Kopf und Hände sein sollen</translation>
    </message>
    <message>
        <source>Larger Captions</source>
        <translation>Größere Untertitel</translation>
    </message>
    <message>
        <source>Make the captions larger</source>
        <translation>Die Untertitel vergrößern</translation>
    </message>
    <message>
        <source>Smaller Captions</source>
        <translation>Kleinere Untertitel</translation>
    </message>
    <message>
        <source>Make the captions smaller</source>
        <translation>Die Untertitel verkleinern</translation>
    </message>
    <message>
        <source>Side Panel</source>
        <translation>Seitenleiste</translation>
    </message>
    <message>
        <source>Show history and vocabulary beside the video</source>
        <translation>Verlauf und Vokabular neben dem Video zeigen</translation>
    </message>
    <message>
        <source>History</source>
        <translation>Verlauf</translation>
    </message>
    <message>
        <source>Go to the list of recognised glosses</source>
        <translation>Zur Liste der erkannten Glossen gehen</translation>
    </message>
    <message>
        <source>Search Vocabulary</source>
        <translation>Vokabular durchsuchen</translation>
    </message>
    <message>
        <source>Search the signs that the model knows</source>
        <translation>Die Gebärden durchsuchen, die das Modell kennt</translation>
    </message>
    <message>
        <source>Copy Glosses</source>
        <translation>Glossen kopieren</translation>
    </message>
    <message>
        <source>Copy the selected glosses with their times, or all of them</source>
        <translation>Die ausgewählten Glossen mit Zeiten kopieren, oder alle</translation>
    </message>
    <message>
        <source>Select All Glosses</source>
        <translation>Alle Glossen auswählen</translation>
    </message>
    <message>
        <source>Select every gloss of the history</source>
        <translation>Jede Glosse des Verlaufs auswählen</translation>
    </message>
    <message>
        <source>Full Screen</source>
        <translation>Vollbild</translation>
    </message>
    <message>
        <source>Video and captions on the whole screen</source>
        <translation>Video und Untertitel auf dem ganzen Bildschirm</translation>
    </message>
    <message>
        <source>Leave Full Screen</source>
        <translation>Vollbild verlassen</translation>
    </message>
    <message>
        <source>Back to the window</source>
        <translation>Zurück zum Fenster</translation>
    </message>
    <message>
        <source>Caption Window</source>
        <translation>Untertitelfenster</translation>
    </message>
    <message>
        <source>Captions in a window of their own that stays on top</source>
        <translation>Untertitel in einem eigenen Fenster, das im Vordergrund bleibt</translation>
    </message>
    <message>
        <source>Settings…</source>
        <translation>Einstellungen …</translation>
    </message>
    <message>
        <source>Captions, recognition, look and language</source>
        <translation>Untertitel, Erkennung, Aussehen und Sprache</translation>
    </message>
    <message>
        <source>Keyboard Shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>About LiveGloss</source>
        <translation>Über LiveGloss</translation>
    </message>
    <message>
        <source>Version, licence and the model in use</source>
        <translation>Version, Lizenz und das verwendete Modell</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>Release camera and model, and close the window</source>
        <translation>Kamera und Modell freigeben und das Fenster schließen</translation>
    </message>
    <message>
        <source>Models…</source>
        <translation>Modelle …</translation>
    </message>
    <message>
        <source>See, fetch and delete models, and choose the one to recognise with</source>
        <translation>Modelle ansehen, holen und löschen, und das Modell zum Erkennen wählen</translation>
    </message>
    <message>
        <source>Save Glosses…</source>
        <translation>Glossen speichern …</translation>
    </message>
    <message>
        <source>Attention of the Gloss</source>
        <translation>Aufmerksamkeit der Glosse</translation>
    </message>
    <message>
        <source>See where the network looked while the chosen gloss, or the newest, was signed</source>
        <translation>Ansehen, wohin das Netz schaute, während die gewählte Glosse oder die neueste gebärdet wurde</translation>
    </message>
    <message>
        <source>Save the recognised glosses as subtitles, a table or a list</source>
        <translation>Die erkannten Glossen als Untertitel, Tabelle oder Liste speichern</translation>
    </message>
    <message>
        <source>Show every action with its keys, and change them</source>
        <translation>Jede Aktion mit ihren Tasten zeigen und diese ändern</translation>
    </message>
</context>
<context>
    <name>CommandLine</name>
    <message>
        <source>Recognises continuous sign language in video, live, and shows where the network looks.

Examples:
  livegloss                          play and recognise the sample clip
  livegloss clip.mp4                 a video file
  livegloss camera:                  the first camera
  livegloss rtsp://192.168.1.20/live a network stream</source>
        <translation>Erkennt fortlaufende Gebärdensprache in Videos, live, und zeigt, wohin das Netz schaut.

Beispiele:
  livegloss                          das Beispielvideo abspielen und erkennen
  livegloss clip.mp4                 eine Videodatei
  livegloss camera:                  die erste Kamera
  livegloss rtsp://192.168.1.20/live ein Netzwerkstream</translation>
    </message>
    <message>
        <source>source</source>
        <translation>Quelle</translation>
    </message>
    <message>
        <source>Video file, camera:, http(s):// or rtsp:// address, or lavfi: graph.</source>
        <translation>Videodatei, camera:, http(s)://- oder rtsp://-Adresse oder lavfi:-Graph.</translation>
    </message>
    <message>
        <source>[source]</source>
        <translation>[Quelle]</translation>
    </message>
    <message>
        <source>file</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>Model file instead of the demo model.</source>
        <translation>Modelldatei statt des Demomodells.</translation>
    </message>
    <message>
        <source>Start without the sample clip.</source>
        <translation>Ohne das Beispielvideo beginnen.</translation>
    </message>
    <message>
        <source>Save a picture of the window as a PNG file and quit.</source>
        <translation>Ein Bild des Fensters als PNG-Datei speichern und beenden.</translation>
    </message>
    <message>
        <source>Seconds before the screenshot (3).</source>
        <translation>Sekunden vor dem Bild (3).</translation>
    </message>
    <message>
        <source>seconds</source>
        <translation>Sekunden</translation>
    </message>
</context>
<context>
    <name>Computing</name>
    <message>
        <source>In use: the reference engine (LibTorch), f32.</source>
        <translation>In Gebrauch: die Referenz (LibTorch), f32.</translation>
    </message>
    <message>
        <source>In use: the fast engine, bf16.</source>
        <translation>In Gebrauch: das schnelle Rechenwerk, bf16.</translation>
    </message>
    <message>
        <source>In use: the fast engine, f32.</source>
        <translation>In Gebrauch: das schnelle Rechenwerk, f32.</translation>
    </message>
    <message>
        <source>AMX is not available here; without it bf16 is slower.</source>
        <translation>AMX ist hier nicht verfügbar; ohne AMX ist bf16 langsamer.</translation>
    </message>
    <message>
        <source>This processor has AMX, which makes bf16 the fastest.</source>
        <translation>Dieser Prozessor hat AMX; damit ist bf16 am schnellsten.</translation>
    </message>
    <message>
        <source>This processor does not multiply bf16: values are only rounded to it, which is slower than f32.</source>
        <translation>Dieser Prozessor multipliziert kein bf16: Werte werden nur darauf gerundet, was langsamer ist als f32.</translation>
    </message>
    <message>
        <source>The fast engine needs AVX2, which this processor does not have.</source>
        <translation>Das schnelle Rechenwerk braucht AVX2, das diesem Prozessor fehlt.</translation>
    </message>
    <message>
        <source>As chosen here.</source>
        <translation>Wie hier gewählt.</translation>
    </message>
    <message>
        <source>In use: the fast engine, int8.</source>
        <translation>In Gebrauch: das schnelle Rechenwerk, int8.</translation>
    </message>
    <message>
        <source>This processor multiplies int8, and the model passed its check with it.</source>
        <translation>Dieser Prozessor multipliziert int8, und das Modell hat die Prüfung damit bestanden.</translation>
    </message>
    <message>
        <source>This processor has no instructions of its own for int8, so its results are less exact.</source>
        <translation>Dieser Prozessor hat keine eigenen Befehle für int8; die Ergebnisse sind deshalb weniger genau.</translation>
    </message>
</context>
<context>
    <name>Downloads</name>
    <message>
        <source>The server cannot be reached.</source>
        <translation>Der Server ist nicht erreichbar.</translation>
    </message>
    <message>
        <source>The server could not prove who it is.</source>
        <translation>Der Server konnte sich nicht ausweisen.</translation>
    </message>
    <message>
        <source>The server has stopped sending.</source>
        <translation>Der Server sendet nichts mehr.</translation>
    </message>
    <message>
        <source>The connection broke off.</source>
        <translation>Die Verbindung ist abgebrochen.</translation>
    </message>
    <message>
        <source>The file is no longer at its address.</source>
        <translation>Die Datei ist nicht mehr unter ihrer Adresse.</translation>
    </message>
    <message>
        <source>The server does not hand out the file.</source>
        <translation>Der Server gibt die Datei nicht heraus.</translation>
    </message>
    <message>
        <source>The server has a problem.</source>
        <translation>Der Server hat eine Störung.</translation>
    </message>
    <message>
        <source>The file on the server has another size than it should have. Nothing was installed.</source>
        <translation>Die Datei auf dem Server hat eine andere Größe, als sie haben sollte. Es wurde nichts installiert.</translation>
    </message>
    <message>
        <source>The file is not the one that was asked for: its checksum differs. Nothing was installed.</source>
        <translation>Die Datei ist nicht die verlangte: Ihre Prüfsumme weicht ab. Es wurde nichts installiert.</translation>
    </message>
    <message>
        <source>The address is not a secure one (https).</source>
        <translation>Die Adresse ist nicht sicher (https).</translation>
    </message>
    <message>
        <source>The server sends us on to an address that is not secure.</source>
        <translation>Der Server leitet auf eine Adresse weiter, die nicht sicher ist.</translation>
    </message>
    <message>
        <source>The server sends us round in circles.</source>
        <translation>Der Server leitet im Kreis weiter.</translation>
    </message>
    <message>
        <source>A web page came instead of the file.</source>
        <translation>Statt der Datei kam eine Webseite.</translation>
    </message>
    <message>
        <source>There is not enough room on the disk.</source>
        <translation>Auf dem Datenträger ist nicht genug Platz.</translation>
    </message>
    <message>
        <source>The file cannot be written.</source>
        <translation>Die Datei lässt sich nicht schreiben.</translation>
    </message>
    <message>
        <source>Another file with the name of this model is in the folder of models.</source>
        <translation>Im Modellordner liegt eine andere Datei mit dem Namen dieses Modells.</translation>
    </message>
    <message>
        <source>Another LiveGloss window is fetching models at the moment.</source>
        <translation>Ein anderes LiveGloss-Fenster holt gerade Modelle.</translation>
    </message>
    <message>
        <source>Check the network, then resume.</source>
        <translation>Netzwerk prüfen, dann fortsetzen.</translation>
    </message>
    <message>
        <source>What has arrived is kept. Resume when the network is back.</source>
        <translation>Was angekommen ist, bleibt erhalten. Fortsetzen, sobald das Netzwerk wieder da ist.</translation>
    </message>
    <message>
        <source>Try again later.</source>
        <translation>Später noch einmal versuchen.</translation>
    </message>
    <message>
        <source>Make room, then resume.</source>
        <translation>Platz schaffen, dann fortsetzen.</translation>
    </message>
    <message>
        <source>Check that the folder of models can be written to, then try again.</source>
        <translation>Prüfen, ob in den Modellordner geschrieben werden kann, dann noch einmal versuchen.</translation>
    </message>
    <message>
        <source>Perhaps this network wants you to log in first. Open a page in the browser, then resume.</source>
        <translation>Vielleicht verlangt dieses Netzwerk zuerst eine Anmeldung. Eine Seite im Browser öffnen, dann fortsetzen.</translation>
    </message>
    <message>
        <source>Give that file another name, then resume.</source>
        <translation>Dieser Datei einen anderen Namen geben, dann fortsetzen.</translation>
    </message>
    <message>
        <source>Try again when it is done.</source>
        <translation>Noch einmal versuchen, wenn es fertig ist.</translation>
    </message>
    <message>
        <source>Check the date of this computer and what stands between it and the network.</source>
        <translation>Das Datum dieses Rechners prüfen, und was zwischen ihm und dem Netzwerk steht.</translation>
    </message>
    <message>
        <source>Look at the source page for news, or try again later.</source>
        <translation>Auf der Quellseite nach Neuigkeiten sehen oder es später noch einmal versuchen.</translation>
    </message>
</context>
<context>
    <name>ErrorFact</name>
    <message>
        <source>cannot write %1: %2</source>
        <translation>%1 lässt sich nicht schreiben: %2</translation>
    </message>
    <message>
        <source>cannot open &apos;%1&apos;</source>
        <translation>„%1“ lässt sich nicht öffnen</translation>
    </message>
    <message>
        <source>cannot read &apos;%1&apos; to its end</source>
        <translation>„%1“ lässt sich nicht bis zum Ende lesen</translation>
    </message>
    <message>
        <source>%1 cannot be seeked</source>
        <translation>In %1 kann nicht gesprungen werden</translation>
    </message>
    <message>
        <source>cannot draw the GIF %1: %2</source>
        <translation>Das GIF %1 lässt sich nicht zeichnen: %2</translation>
    </message>
    <message>
        <source>not enough memory for the GIF %1</source>
        <translation>Der Speicher reicht nicht für das GIF %1</translation>
    </message>
    <message>
        <source>not enough memory to write %1</source>
        <translation>Der Speicher reicht nicht, um %1 zu schreiben</translation>
    </message>
    <message>
        <source>FFmpeg was built without GIF</source>
        <translation>FFmpeg wurde ohne GIF gebaut</translation>
    </message>
    <message>
        <source>stopped before the GIF was complete</source>
        <translation>Angehalten, bevor das GIF fertig war</translation>
    </message>
    <message>
        <source>a GIF needs a picture at least</source>
        <translation>Ein GIF braucht mindestens ein Bild</translation>
    </message>
    <message>
        <source>a GIF of %1 x %2 pixels at %3 pictures a second cannot be written</source>
        <translation>Ein GIF mit %1 x %2 Pixeln und %3 Bildern je Sekunde lässt sich nicht schreiben</translation>
    </message>
    <message>
        <source>%1 is an address of a kind that LiveGloss does not read</source>
        <translation>%1 ist eine Adresse von einer Art, die LiveGloss nicht liest</translation>
    </message>
    <message>
        <source>%1 does not exist</source>
        <translation>%1 gibt es nicht</translation>
    </message>
    <message>
        <source>%1 cannot be looked at: %2</source>
        <translation>%1 lässt sich nicht ansehen: %2</translation>
    </message>
    <message>
        <source>%1 is a folder</source>
        <translation>%1 ist ein Ordner</translation>
    </message>
    <message>
        <source>%1 is not a regular file</source>
        <translation>%1 ist keine gewöhnliche Datei</translation>
    </message>
    <message>
        <source>%1 is empty</source>
        <translation>%1 ist leer</translation>
    </message>
    <message>
        <source>%1 is not a video file but something that FFmpeg calls &quot;%2&quot;</source>
        <translation>%1 ist keine Videodatei, sondern etwas, das FFmpeg „%2“ nennt</translation>
    </message>
    <message>
        <source>FFmpeg was built without the camera input %1</source>
        <translation>FFmpeg wurde ohne den Kamera-Eingang %1 gebaut</translation>
    </message>
    <message>
        <source>no camera found</source>
        <translation>Keine Kamera gefunden</translation>
    </message>
    <message>
        <source>FFmpeg was built without its test sources (lavfi)</source>
        <translation>FFmpeg wurde ohne seine Testquellen (lavfi) gebaut</translation>
    </message>
    <message>
        <source>%1: pictures of %2 x %3 pixels are too large</source>
        <translation>%1: Bilder mit %2 x %3 Pixeln sind zu groß</translation>
    </message>
    <message>
        <source>pictures of %1 x %2 pixels are too large</source>
        <translation>Bilder mit %1 x %2 Pixeln sind zu groß</translation>
    </message>
    <message>
        <source>%1 holds no video stream</source>
        <translation>%1 enthält kein bewegtes Bild</translation>
    </message>
    <message>
        <source>%1 may not be read</source>
        <translation>%1 darf nicht gelesen werden</translation>
    </message>
    <message>
        <source>there is no decoder for the video in %1</source>
        <translation>Für das Video in %1 gibt es keinen Decoder</translation>
    </message>
    <message>
        <source>%1 uses a feature that FFmpeg does not have</source>
        <translation>%1 nutzt etwas, das FFmpeg nicht kann</translation>
    </message>
    <message>
        <source>%1 is damaged or not a video: %2</source>
        <translation>%1 ist beschädigt oder kein Video: %2</translation>
    </message>
    <message>
        <source>there is no camera at %1</source>
        <translation>Unter %1 gibt es keine Kamera</translation>
    </message>
    <message>
        <source>%1 may not be opened</source>
        <translation>%1 darf nicht geöffnet werden</translation>
    </message>
    <message>
        <source>%1 is in use by another program</source>
        <translation>%1 wird von einem anderen Programm verwendet</translation>
    </message>
    <message>
        <source>%1 went away</source>
        <translation>%1 ist nicht mehr da</translation>
    </message>
    <message>
        <source>%1 cannot be used as a camera: %2</source>
        <translation>%1 lässt sich nicht als Kamera verwenden: %2</translation>
    </message>
    <message>
        <source>the server has nothing at %1</source>
        <translation>Der Server hat nichts unter %1</translation>
    </message>
    <message>
        <source>the server refuses access to %1</source>
        <translation>Der Server verweigert den Zugang zu %1</translation>
    </message>
    <message>
        <source>%1 does not answer</source>
        <translation>%1 antwortet nicht</translation>
    </message>
    <message>
        <source>nothing answers at %1</source>
        <translation>Unter %1 antwortet nichts</translation>
    </message>
    <message>
        <source>no video stream is to be had at %1</source>
        <translation>Unter %1 ist kein Videostream zu bekommen</translation>
    </message>
    <message>
        <source>%1 sends something other than the video streams that LiveGloss reads</source>
        <translation>%1 sendet etwas anderes als die Videostreams, die LiveGloss liest</translation>
    </message>
    <message>
        <source>the stream %1 broke off: %2</source>
        <translation>Der Stream %1 brach ab: %2</translation>
    </message>
    <message>
        <source>reading %1 was cancelled</source>
        <translation>Das Lesen von %1 wurde abgebrochen</translation>
    </message>
    <message>
        <source>%1 sends no pictures</source>
        <translation>%1 sendet keine Bilder</translation>
    </message>
    <message>
        <source>not enough memory to read %1</source>
        <translation>Der Speicher reicht nicht, um %1 zu lesen</translation>
    </message>
    <message>
        <source>FFmpeg cannot build the test source &quot;%1&quot;: %2</source>
        <translation>FFmpeg kann die Testquelle „%1“ nicht aufbauen: %2</translation>
    </message>
    <message>
        <source>the name %1 cannot be looked up: no name server answers</source>
        <translation>Der Name %1 lässt sich nicht nachschlagen: Kein Namensserver antwortet</translation>
    </message>
    <message>
        <source>no computer of the name %1 is known, and the name servers do not answer</source>
        <translation>Ein Rechner namens %1 ist nicht bekannt, und die Namensserver antworten nicht</translation>
    </message>
    <message>
        <source>no computer of the name %1 is known</source>
        <translation>Ein Rechner namens %1 ist nicht bekannt</translation>
    </message>
    <message>
        <source>pictures of the pixel format %1 cannot be shown</source>
        <translation>Bilder im Pixelformat %1 lassen sich nicht zeigen</translation>
    </message>
    <message>
        <source>a picture could not be converted to RGB</source>
        <translation>Ein Bild ließ sich nicht in RGB umwandeln</translation>
    </message>
    <message>
        <source>Reading %1 was stopped.</source>
        <translation>Das Lesen von %1 wurde angehalten.</translation>
    </message>
    <message>
        <source>%1 is %2x%3, not %4x%5 as the pictures before it</source>
        <translation>%1 hat %2x%3 Pixel, nicht %4x%5 wie die Bilder davor</translation>
    </message>
    <message>
        <source>%1 cannot be read: %2</source>
        <translation>%1 lässt sich nicht lesen: %2</translation>
    </message>
    <message>
        <source>%1 cannot be read</source>
        <translation>%1 lässt sich nicht lesen</translation>
    </message>
    <message>
        <source>%1 holds no pictures</source>
        <translation>%1 enthält keine Bilder</translation>
    </message>
    <message>
        <source>not enough memory to decode %1</source>
        <translation>Der Speicher reicht nicht, um %1 zu decodieren</translation>
    </message>
    <message>
        <source>the video in %1 (%2) cannot be decoded: %3</source>
        <translation>Das Video in %1 (%2) lässt sich nicht decodieren: %3</translation>
    </message>
    <message>
        <source>%1 is encrypted (copy protection) and cannot be shown</source>
        <translation>%1 ist verschlüsselt (Kopierschutz) und lässt sich nicht zeigen</translation>
    </message>
    <message>
        <source>%1 has a video stream (%2) but no frame that can be decoded</source>
        <translation>%1 hat eine Bildspur (%2), aber kein Einzelbild, das sich decodieren lässt</translation>
    </message>
    <message>
        <source>FFmpeg has no MP4 writer: %1</source>
        <translation>FFmpeg kann kein MP4 schreiben: %1</translation>
    </message>
    <message>
        <source>FFmpeg was built without the H.264 encoder libx264</source>
        <translation>FFmpeg wurde ohne den H.264-Encoder libx264 gebaut</translation>
    </message>
    <message>
        <source>the H.264 encoder refuses this format: %1</source>
        <translation>Der H.264-Encoder nimmt dieses Format nicht an: %1</translation>
    </message>
    <message>
        <source>a video of %1 x %2 pixels cannot be written</source>
        <translation>Ein Video mit %1 x %2 Pixeln lässt sich nicht schreiben</translation>
    </message>
    <message>
        <source>a video cannot have %1 frames a second</source>
        <translation>Ein Video kann nicht %1 Bilder je Sekunde haben</translation>
    </message>
    <message>
        <source>The offline pass was stopped.</source>
        <translation>Der Durchgang über den ganzen Clip wurde angehalten.</translation>
    </message>
    <message>
        <source>There is not enough memory to recognise the clip as a whole.</source>
        <translation>Der Speicher reicht nicht, um den Clip als Ganzes zu erkennen.</translation>
    </message>
    <message>
        <source>There is not enough memory to recognise the clip.</source>
        <translation>Der Speicher reicht nicht, um den Clip zu erkennen.</translation>
    </message>
    <message>
        <source>Recognition of %1 was stopped.</source>
        <translation>Das Erkennen von %1 wurde angehalten.</translation>
    </message>
    <message>
        <source>there is not enough memory for this picture</source>
        <translation>Der Speicher reicht nicht für dieses Bild</translation>
    </message>
    <message>
        <source>playing stopped: %1</source>
        <translation>Die Wiedergabe brach ab: %1</translation>
    </message>
    <message>
        <source>Recognition stopped: %1</source>
        <translation>Das Erkennen brach ab: %1</translation>
    </message>
    <message>
        <source>there is no such file</source>
        <translation>Diese Datei gibt es nicht</translation>
    </message>
    <message>
        <source>it is a link that leads back to itself</source>
        <translation>Das ist eine Verknüpfung, die zu sich selbst zurückführt</translation>
    </message>
    <message>
        <source>the file may not be opened</source>
        <translation>Die Datei darf nicht geöffnet werden</translation>
    </message>
    <message>
        <source>not a regular file</source>
        <translation>Das ist keine gewöhnliche Datei</translation>
    </message>
    <message>
        <source>it begins with the bytes %1, which is no known format</source>
        <translation>Sie beginnt mit den Bytes %1; das ist kein bekanntes Format</translation>
    </message>
    <message>
        <source>it is empty</source>
        <translation>Sie ist leer</translation>
    </message>
    <message>
        <source>it begins with nothing but zeros: the download is not complete</source>
        <translation>Sie beginnt mit lauter Nullen: Der Download ist nicht vollständig</translation>
    </message>
    <message>
        <source>the data ends too early</source>
        <translation>Die Daten enden zu früh</translation>
    </message>
    <message>
        <source>a web page, not a model: the download led to a page that asks for something</source>
        <translation>eine Webseite, kein Modell: Der Download führte zu einer Seite, die etwas fragt</translation>
    </message>
    <message>
        <source>an XML text, perhaps a server&apos;s error message</source>
        <translation>ein XML-Text, vielleicht die Fehlermeldung eines Servers</translation>
    </message>
    <message>
        <source>a JSON text; lists of parts (.index.json) hold no weights themselves</source>
        <translation>ein JSON-Text; Teilelisten (.index.json) enthalten selbst keine Gewichte</translation>
    </message>
    <message>
        <source>a text file</source>
        <translation>eine Textdatei</translation>
    </message>
    <message>
        <source>an ONNX model</source>
        <translation>ein ONNX-Modell</translation>
    </message>
    <message>
        <source>an HDF5 file (Keras or MATLAB)</source>
        <translation>eine HDF5-Datei (Keras oder MATLAB)</translation>
    </message>
    <message>
        <source>a GGUF file of llama.cpp</source>
        <translation>eine GGUF-Datei von llama.cpp</translation>
    </message>
    <message>
        <source>a GGML file of llama.cpp</source>
        <translation>eine GGML-Datei von llama.cpp</translation>
    </message>
    <message>
        <source>a TensorFlow Lite model</source>
        <translation>ein Modell von TensorFlow Lite</translation>
    </message>
    <message>
        <source>compressed by gzip</source>
        <translation>mit gzip gepackt</translation>
    </message>
    <message>
        <source>compressed by bzip2</source>
        <translation>mit bzip2 gepackt</translation>
    </message>
    <message>
        <source>compressed by xz</source>
        <translation>mit xz gepackt</translation>
    </message>
    <message>
        <source>compressed by zstd</source>
        <translation>mit zstd gepackt</translation>
    </message>
    <message>
        <source>a 7-Zip archive</source>
        <translation>ein 7-Zip-Archiv</translation>
    </message>
    <message>
        <source>a RAR archive</source>
        <translation>ein RAR-Archiv</translation>
    </message>
    <message>
        <source>a tar archive</source>
        <translation>ein tar-Archiv</translation>
    </message>
    <message>
        <source>an empty zip archive</source>
        <translation>ein leeres Zip-Archiv</translation>
    </message>
    <message>
        <source>a NumPy array, not a model</source>
        <translation>ein NumPy-Array, kein Modell</translation>
    </message>
    <message>
        <source>a Git LFS pointer, not the model itself</source>
        <translation>ein Git-LFS-Verweis, nicht das Modell selbst</translation>
    </message>
    <message>
        <source>a PDF document</source>
        <translation>ein PDF-Dokument</translation>
    </message>
    <message>
        <source>a PNG picture</source>
        <translation>ein PNG-Bild</translation>
    </message>
    <message>
        <source>a JPEG picture</source>
        <translation>ein JPEG-Bild</translation>
    </message>
    <message>
        <source>an MP4 video</source>
        <translation>ein MP4-Video</translation>
    </message>
    <message>
        <source>a video or sound file (RIFF)</source>
        <translation>eine Video- oder Tondatei (RIFF)</translation>
    </message>
    <message>
        <source>a program for Linux</source>
        <translation>ein Programm für Linux</translation>
    </message>
    <message>
        <source>a program for Windows</source>
        <translation>ein Programm für Windows</translation>
    </message>
    <message>
        <source>a MATLAB file</source>
        <translation>eine MATLAB-Datei</translation>
    </message>
    <message>
        <source>an SQLite database</source>
        <translation>eine SQLite-Datenbank</translation>
    </message>
    <message>
        <source>it is a PyTorch checkpoint, not a model of LiveGloss</source>
        <translation>Das ist ein Checkpoint von PyTorch, kein Modell von LiveGloss</translation>
    </message>
    <message>
        <source>it is not a PyTorch file</source>
        <translation>Das ist keine Datei von PyTorch</translation>
    </message>
    <message>
        <source>it is a zip archive, but not of PyTorch: it holds no data.pkl</source>
        <translation>Das ist ein Zip-Archiv, aber nicht von PyTorch: Es enthält kein data.pkl</translation>
    </message>
    <message>
        <source>it is a torch.package archive, which is made of Python code</source>
        <translation>Das ist ein torch.package-Archiv, das aus Python-Code besteht</translation>
    </message>
    <message>
        <source>it is a Python pickle, but was not made by torch.save</source>
        <translation>Das ist ein Python-Pickle, aber nicht von torch.save</translation>
    </message>
    <message>
        <source>it names %1, which is not part of plain weights and is not run</source>
        <translation>Sie nennt %1; das gehört nicht zu reinen Gewichten und wird nicht ausgeführt</translation>
    </message>
    <message>
        <source>the zip archive is cut off: it has no end record</source>
        <translation>Das Zip-Archiv ist abgeschnitten: Ihm fehlt der Abschluss</translation>
    </message>
    <message>
        <source>the zip archive is split over several files</source>
        <translation>Das Zip-Archiv ist auf mehrere Dateien verteilt</translation>
    </message>
    <message>
        <source>the zip entry %1 is missing</source>
        <translation>Der Zip-Eintrag %1 fehlt</translation>
    </message>
    <message>
        <source>there is no tensor %1</source>
        <translation>Es gibt keinen Tensor %1</translation>
    </message>
    <message>
        <source>only %1 bytes long; the header&apos;s length needs %2</source>
        <translation>Nur %1 Bytes lang; schon die Länge des Kopfes braucht %2</translation>
    </message>
    <message>
        <source>its first 8 bytes announce a header of %1 bytes, more than the file holds</source>
        <translation>Ihre ersten 8 Bytes kündigen einen Kopf von %1 Bytes an, mehr als in der Datei sind</translation>
    </message>
    <message>
        <source>its first 8 bytes announce a header of %1 bytes, more than is allowed</source>
        <translation>Ihre ersten 8 Bytes kündigen einen Kopf von %1 Bytes an, mehr als erlaubt</translation>
    </message>
    <message>
        <source>writing was cancelled</source>
        <translation>Das Schreiben wurde abgebrochen</translation>
    </message>
    <message>
        <source>not enough memory to write &apos;%1&apos;</source>
        <translation>Der Speicher reicht nicht, um „%1“ zu schreiben</translation>
    </message>
    <message>
        <source>not enough memory for tensor &apos;%1&apos; of &apos;%2&apos;</source>
        <translation>Der Speicher reicht nicht für den Tensor „%1“ von „%2“</translation>
    </message>
    <message>
        <source>not enough memory for the model &apos;%1&apos;</source>
        <translation>Der Speicher reicht nicht für das Modell „%1“</translation>
    </message>
    <message>
        <source>cannot load the model &apos;%1&apos;: %2</source>
        <translation>Das Modell „%1“ lässt sich nicht laden: %2</translation>
    </message>
    <message>
        <source>cannot load the backbone &apos;%1&apos;: %2</source>
        <translation>Der Backbone „%1“ lässt sich nicht laden: %2</translation>
    </message>
    <message>
        <source>cannot start from the model &apos;%1&apos;: %2</source>
        <translation>Mit dem Modell „%1“ lässt sich nicht beginnen: %2</translation>
    </message>
    <message>
        <source>cannot save the model &apos;%1&apos;: %2</source>
        <translation>Das Modell „%1“ lässt sich nicht speichern: %2</translation>
    </message>
    <message>
        <source>cannot prepare the model &apos;%1&apos;: %2</source>
        <translation>Das Modell „%1“ lässt sich nicht vorbereiten: %2</translation>
    </message>
    <message>
        <source>the frames wanted are not among the frames given</source>
        <translation>Die gewünschten Bilder sind nicht unter den gegebenen</translation>
    </message>
    <message>
        <source>not enough memory for the attention of so many frames</source>
        <translation>Der Speicher reicht nicht für die Aufmerksamkeit so vieler Bilder</translation>
    </message>
    <message>
        <source>attention could not be computed: %1</source>
        <translation>Die Aufmerksamkeit ließ sich nicht berechnen: %1</translation>
    </message>
    <message>
        <source>the frozen backbone has no aggregation query</source>
        <translation>Der eingefrorene Backbone hat keine Aggregationsabfrage</translation>
    </message>
    <message>
        <source>this model was trained without aggregation, so it has no query</source>
        <translation>Dieses Modell wurde ohne Aggregation trainiert und hat deshalb keine Abfrage</translation>
    </message>
    <message>
        <source>this model was trained without cross-frame attention</source>
        <translation>Dieses Modell wurde ohne bildübergreifende Aufmerksamkeit trainiert</translation>
    </message>
    <message>
        <source>there is no device &apos;%1&apos;: this LibTorch was built without CUDA, or finds no graphics processor of NVIDIA</source>
        <translation>Das Gerät „%1“ gibt es nicht: Dieses LibTorch wurde ohne CUDA gebaut oder findet keine Grafikkarte von NVIDIA</translation>
    </message>
    <message>
        <source>there is no device &apos;%1&apos; for LibTorch</source>
        <translation>Das Gerät „%1“ gibt es für LibTorch nicht</translation>
    </message>
    <message>
        <source>not enough memory for this input</source>
        <translation>Der Speicher reicht nicht für diese Eingabe</translation>
    </message>
    <message>
        <source>the model has no int8 scales</source>
        <translation>Das Modell hat keine int8-Skalen</translation>
    </message>
    <message>
        <source>its int8 scales cannot be used: %1</source>
        <translation>Seine int8-Skalen sind nicht zu gebrauchen: %1</translation>
    </message>
    <message>
        <source>int8 needs the fast engine, which has nothing for this processor</source>
        <translation>int8 braucht das schnelle Rechenwerk, das für diesen Prozessor nichts hat</translation>
    </message>
    <message>
        <source>the encoder failed: %1</source>
        <translation>Der Encoder schlug fehl: %1</translation>
    </message>
    <message>
        <source>the temporal head failed: %1</source>
        <translation>Der zeitliche Kopf schlug fehl: %1</translation>
    </message>
    <message>
        <source>%1 frames are too few; the model needs %2</source>
        <translation>%1 Bilder sind zu wenige; das Modell braucht %2</translation>
    </message>
    <message>
        <source>%1 is the truth of another clip: %2</source>
        <translation>%1 ist die Wahrheit eines anderen Clips: %2</translation>
    </message>
    <message>
        <source>%1 is broken: %2</source>
        <translation>%1 ist beschädigt: %2</translation>
    </message>
    <message>
        <source>%1 is no JSON file that can be read</source>
        <translation>%1 ist keine lesbare JSON-Datei</translation>
    </message>
    <message>
        <source>no truth lies beside %1</source>
        <translation>Neben %1 liegt keine Wahrheit</translation>
    </message>
    <message>
        <source>%1 does not say which clip was drawn</source>
        <translation>%1 sagt nicht, welcher Clip gezeichnet wurde</translation>
    </message>
    <message>
        <source>stopped before the end of the video</source>
        <translation>Vor dem Ende des Videos angehalten</translation>
    </message>
    <message>
        <source>the network saw no frame in this span</source>
        <translation>Das Netz sah in dieser Spanne kein Bild</translation>
    </message>
    <message>
        <source>%1 is no JSON object that can be read</source>
        <translation>%1 ist kein lesbares JSON-Objekt</translation>
    </message>
    <message>
        <source>%1 does not say what its classes are</source>
        <translation>%1 sagt nicht, was seine Klassen sind</translation>
    </message>
    <message>
        <source>%1: none of its classes is a hand or a face: %2</source>
        <translation>%1: Keine seiner Klassen ist eine Hand oder ein Gesicht: %2</translation>
    </message>
    <message>
        <source>%1 does not say how large its input picture is</source>
        <translation>%1 sagt nicht, wie groß sein Eingabebild ist</translation>
    </message>
    <message>
        <source>OpenCV&apos;s file for finding faces is not there: %1</source>
        <translation>Die Datei von OpenCV zum Finden von Gesichtern fehlt: %1</translation>
    </message>
    <message>
        <source>%1 is no cascade that OpenCV can read</source>
        <translation>%1 ist keine Kaskade, die OpenCV lesen kann</translation>
    </message>
    <message>
        <source>%1 is no ONNX file, or a part of one is missing</source>
        <translation>%1 ist keine ONNX-Datei, oder ein Stück von ihr fehlt</translation>
    </message>
    <message>
        <source>%1: its weights lie in another file</source>
        <translation>%1: Seine Gewichte liegen in einer anderen Datei</translation>
    </message>
    <message>
        <source>%1: it has branches, loops or sparse weights</source>
        <translation>%1: Er hat Verzweigungen, Schleifen oder dünn besetzte Gewichte</translation>
    </message>
    <message>
        <source>%1: its outputs do not have the sizes or kind expected</source>
        <translation>%1: Seine Ausgaben haben nicht die erwarteten Größen oder die erwartete Art</translation>
    </message>
    <message>
        <source>OpenCV cannot run %1: %2</source>
        <translation>OpenCV kann %1 nicht ausführen: %2</translation>
    </message>
    <message>
        <source>%1 gives out another number of boxes for every picture</source>
        <translation>%1 gibt für jedes Bild eine andere Zahl von Kästen aus</translation>
    </message>
    <message>
        <source>there is no file %1</source>
        <translation>Die Datei %1 gibt es nicht</translation>
    </message>
    <message>
        <source>%1 is larger than 1 GiB</source>
        <translation>%1 ist größer als 1 GiB</translation>
    </message>
    <message>
        <source>%1: its input is no picture of three colour planes</source>
        <translation>%1: Seine Eingabe ist kein Bild aus drei Farbebenen</translation>
    </message>
    <message>
        <source>OpenCV %1 cannot read %2: %3</source>
        <translation>OpenCV %1 kann %2 nicht lesen: %3</translation>
    </message>
    <message>
        <source>the import was cancelled</source>
        <translation>Der Import wurde abgebrochen</translation>
    </message>
    <message>
        <source>the output %1 is not named .safetensors</source>
        <translation>Der Name der Ausgabe %1 endet nicht auf .safetensors</translation>
    </message>
    <message>
        <source>the output %1 is the input itself</source>
        <translation>Die Ausgabe %1 ist die Eingabe selbst</translation>
    </message>
    <message>
        <source>&apos;%1&apos; holds no CLIP image tower</source>
        <translation>„%1“ enthält keinen Bildturm von CLIP</translation>
    </message>
    <message>
        <source>not enough memory for &apos;%1&apos;</source>
        <translation>Der Speicher reicht nicht für „%1“</translation>
    </message>
    <message>
        <source>not enough memory to import &apos;%1&apos;; it needs %2 MB</source>
        <translation>Der Speicher reicht nicht, um „%1“ zu importieren; gebraucht werden %2 MB</translation>
    </message>
    <message>
        <source>cannot import &apos;%1&apos;: %2</source>
        <translation>„%1“ lässt sich nicht importieren: %2</translation>
    </message>
    <message>
        <source>cannot look into &apos;%1&apos;: %2</source>
        <translation>In „%1“ lässt sich nicht hineinsehen: %2</translation>
    </message>
    <message>
        <source>%1 holds no reference</source>
        <translation>%1 enthält keine Referenz</translation>
    </message>
    <message>
        <source>the check was stopped</source>
        <translation>Die Prüfung wurde angehalten</translation>
    </message>
    <message>
        <source>%1 is no folder</source>
        <translation>%1 ist kein Ordner</translation>
    </message>
    <message>
        <source>%1 is no data set of a known layout; looked for %2</source>
        <translation>%1 ist kein Datensatz in einer bekannten Gliederung; gesucht wurde nach %2</translation>
    </message>
    <message>
        <source>%1 lists no clips</source>
        <translation>%1 führt keine Clips auf</translation>
    </message>
    <message>
        <source>the recipe counts epochs, but there is no end of clips to train on</source>
        <translation>Das Rezept zählt Epochen, aber die Clips zum Trainieren haben kein Ende</translation>
    </message>
    <message>
        <source>&quot;adapt.rate.drop_at_epochs&quot; counts epochs, but there is no end of clips to train on</source>
        <translation>„adapt.rate.drop_at_epochs“ zählt Epochen, aber die Clips zum Trainieren haben kein Ende</translation>
    </message>
    <message>
        <source>the recipe has lessons (&quot;adapt.curriculum&quot;) and an epoch of the same clips (&quot;adapt.clips&quot;), which cannot follow one another</source>
        <translation>Das Rezept hat Lektionen („adapt.curriculum“) und eine Epoche gleicher Clips („adapt.clips“), die nicht aufeinander folgen können</translation>
    </message>
    <message>
        <source>the recipe %1 cannot be used: %2</source>
        <translation>Das Rezept %1 ist nicht zu gebrauchen: %2</translation>
    </message>
    <message>
        <source>cannot open the recipe %1</source>
        <translation>Das Rezept %1 lässt sich nicht öffnen</translation>
    </message>
    <message>
        <source>%1 has done %2 of the recipe&apos;s %3 steps</source>
        <translation>%1 hat %2 von %3 Schritten des Rezepts getan</translation>
    </message>
    <message>
        <source>%1 does not say how the run was started: %2</source>
        <translation>%1 sagt nicht, wie der Lauf begonnen wurde: %2</translation>
    </message>
    <message>
        <source>%1 holds a checkpoint, but nothing says with which recipe it was made</source>
        <translation>%1 enthält einen Checkpoint, aber nichts sagt, mit welchem Rezept er entstand</translation>
    </message>
    <message>
        <source>%1 trains in %2</source>
        <translation>%1 trainiert in %2</translation>
    </message>
    <message>
        <source>the recipe wants %1 %2, but the backbone &apos;%3&apos; has %4</source>
        <translation>Das Rezept verlangt %1 %2, aber der Backbone „%3“ hat %4</translation>
    </message>
    <message>
        <source>the recipe wants %1 %2, but the model to start from &apos;%3&apos; has %4</source>
        <translation>Das Rezept verlangt %1 %2, aber das Modell „%3“, von dem es ausgeht, hat %4</translation>
    </message>
    <message>
        <source>the recipe trains the last %1 blocks, but the model has %2</source>
        <translation>Das Rezept trainiert die letzten %1 Blöcke, aber das Modell hat %2</translation>
    </message>
    <message>
        <source>the recipe asks for &quot;device&quot; cuda, but LibTorch finds no graphics card</source>
        <translation>Das Rezept verlangt „device“ cuda, aber LibTorch findet keine Grafikkarte</translation>
    </message>
    <message>
        <source>the recipe has no pre-training: &quot;pretrain.steps&quot; is 0</source>
        <translation>Das Rezept hat kein Vortraining: „pretrain.steps“ ist 0</translation>
    </message>
    <message>
        <source>training needs more memory than there is</source>
        <translation>Das Training braucht mehr Speicher, als da ist</translation>
    </message>
    <message>
        <source>training failed: %1</source>
        <translation>Das Training schlug fehl: %1</translation>
    </message>
    <message>
        <source>%1 was trained on other glosses</source>
        <translation>%1 wurde mit anderen Glossen trainiert</translation>
    </message>
    <message>
        <source>&quot;%1&quot; is not a known key</source>
        <translation>„%1“ ist kein bekannter Schlüssel</translation>
    </message>
    <message>
        <source>&quot;%1&quot; is not a known key; did you mean &quot;%2&quot;?</source>
        <translation>„%1“ ist kein bekannter Schlüssel; war „%2“ gemeint?</translation>
    </message>
    <message>
        <source>&quot;%1&quot; is &quot;%2&quot;, not one of %3</source>
        <translation>„%1“ ist „%2“ statt einem von %3</translation>
    </message>
    <message>
        <source>it is </source>
        <comment>before &quot;a PDF document&quot; and the like</comment>
        <translation>Das ist </translation>
    </message>
    <message>
        <source>the gloss dictionary is empty</source>
        <translation>Das Glossenverzeichnis ist leer</translation>
    </message>
    <message>
        <source>the gloss dictionary has %1 entries, more than any language has glosses</source>
        <translation>Das Glossenverzeichnis hat %1 Einträge, mehr als eine Sprache Glossen hat</translation>
    </message>
    <message>
        <source>the gloss of class %1 is empty</source>
        <translation>Die Glosse der Klasse %1 ist leer</translation>
    </message>
    <message>
        <source>holds no gloss</source>
        <translation>enthält keine Glosse</translation>
    </message>
    <message>
        <source>holds more than a million glosses</source>
        <translation>enthält mehr als eine Million Glossen</translation>
    </message>
    <message>
        <source>line %1 is not UTF-8 text</source>
        <translation>Zeile %1 ist kein Text in UTF-8</translation>
    </message>
    <message>
        <source>a Keras model, not PyTorch</source>
        <translation>ein Modell von Keras, nicht von PyTorch</translation>
    </message>
    <message>
        <source>a TorchScript archive from before PyTorch 1.4</source>
        <translation>ein TorchScript-Archiv aus der Zeit vor PyTorch 1.4</translation>
    </message>
    <message>
        <source>a NumPy .npz archive</source>
        <translation>ein .npz-Archiv von NumPy</translation>
    </message>
    <message>
        <source>an office document</source>
        <translation>ein Office-Dokument</translation>
    </message>
    <message>
        <source>a Java or Android package</source>
        <translation>ein Paket für Java oder Android</translation>
    </message>
    <message>
        <source>a zip archive around safetensors files</source>
        <translation>ein Zip-Archiv um safetensors-Dateien</translation>
    </message>
    <message>
        <source>Invalid data found when processing input</source>
        <translation>ihre Daten ergeben keinen Sinn</translation>
    </message>
    <message>
        <source>End of file</source>
        <translation>sie endet zu früh</translation>
    </message>
    <message>
        <source>Input/output error</source>
        <translation>Ein- oder Ausgabefehler</translation>
    </message>
    <message>
        <source>No space left on device</source>
        <translation>der Datenträger ist voll</translation>
    </message>
    <message>
        <source>Disk quota exceeded</source>
        <translation>das Kontingent auf dem Datenträger ist aufgebraucht</translation>
    </message>
    <message>
        <source>Read-only file system</source>
        <translation>der Datenträger lässt sich nur lesen</translation>
    </message>
    <message>
        <source>Permission denied</source>
        <translation>keine Berechtigung</translation>
    </message>
    <message>
        <source>No such file or directory</source>
        <translation>Datei oder Ordner gibt es nicht</translation>
    </message>
    <message>
        <source>Is a directory</source>
        <translation>es ist ein Ordner</translation>
    </message>
    <message>
        <source>Connection refused</source>
        <translation>die Verbindung wurde abgelehnt</translation>
    </message>
    <message>
        <source>Connection timed out</source>
        <translation>die Verbindung kam nicht rechtzeitig zustande</translation>
    </message>
    <message>
        <source>Connection reset by peer</source>
        <translation>die Gegenseite hat die Verbindung abgebrochen</translation>
    </message>
    <message>
        <source>Network is unreachable</source>
        <translation>das Netzwerk ist nicht erreichbar</translation>
    </message>
    <message>
        <source>No route to host</source>
        <translation>es führt kein Weg zu diesem Rechner</translation>
    </message>
    <message>
        <source>Device or resource busy</source>
        <translation>das Gerät wird gerade verwendet</translation>
    </message>
    <message>
        <source>No such device</source>
        <translation>das Gerät gibt es nicht</translation>
    </message>
    <message>
        <source>Cannot allocate memory</source>
        <translation>der Speicher reicht nicht</translation>
    </message>
    <message>
        <source>Server returned 5XX Server Error reply</source>
        <translation>der Server meldet einen Fehler bei sich</translation>
    </message>
    <message>
        <source>Operation not permitted</source>
        <translation>nicht erlaubt</translation>
    </message>
    <message>
        <source>%1 bytes needed, %2 free</source>
        <translation>%1 Byte nötig, %2 frei</translation>
    </message>
    <message>
        <source>%1: nothing for %2 s</source>
        <translation>%1: seit %2 s nichts</translation>
    </message>
    <message>
        <source>%1 bytes instead of %2</source>
        <translation>%1 Byte statt %2</translation>
    </message>
    <message>
        <source>more than %1 bytes</source>
        <translation>mehr als %1 Byte</translation>
    </message>
    <message>
        <source>%1 of %2 bytes</source>
        <translation>%1 von %2 Byte</translation>
    </message>
    <message>
        <source>range &apos;%1&apos; unasked</source>
        <translation>Bereich „%1“, nach dem nicht gefragt war</translation>
    </message>
    <message>
        <source>SHA-256 %1 instead of %2</source>
        <translation>SHA-256 %1 statt %2</translation>
    </message>
    <message>
        <source>&quot;precision&quot; bf16 and fp16 are for graphics cards by CUDA; elsewhere training runs in f32</source>
        <translation>&quot;precision&quot; bf16 und fp16 gibt es auf Grafikkarten mit CUDA; sonst wird in f32 trainiert</translation>
    </message>
    <message>
        <source>the recipe&apos;s &quot;start&quot; is %1, and there is no such file</source>
        <translation>„start“ des Rezepts ist %1, und diese Datei gibt es nicht</translation>
    </message>
    <message>
        <source>the recipe&apos;s &quot;backbone&quot; is %1, and there is no such file</source>
        <translation>„backbone“ des Rezepts ist %1, und diese Datei gibt es nicht</translation>
    </message>
    <message>
        <source>the recipe wants other colours (&quot;model.normalisation&quot;) than the model to start from &apos;%1&apos; was trained with</source>
        <translation>das Rezept will andere Farben („model.normalisation“) als die, mit denen das Ausgangsmodell „%1“ trainiert wurde</translation>
    </message>
    <message>
        <source>%1 was trained with &quot;%2&quot; colours, and the recipe now means &quot;%3&quot;</source>
        <translation>%1 wurde mit Farben „%2“ trainiert, und das Rezept meint jetzt „%3“</translation>
    </message>
    <message>
        <source>&quot;device&quot; has to be auto, cpu, cuda, or torch: and the name of another device of LibTorch</source>
        <translation>„device“ muss auto, cpu, cuda oder torch: mit dem Namen eines anderen Geräts von LibTorch sein</translation>
    </message>
    <message>
        <source>training needs more memory than the graphics card has: %1</source>
        <translation>das Training braucht mehr Speicher, als die Grafikkarte hat: %1</translation>
    </message>
    <message>
        <source>%1 is left out of train, as in published work: its pictures end before its glosses do</source>
        <translation>%1 fehlt in train, wie in veröffentlichten Arbeiten: Die Bilder enden vor den Glossen</translation>
    </message>
    <message>
        <source>the copy was made by an earlier version and does not say how word errors are counted: run dataset build again with the same settings, which keeps its clips</source>
        <translation>die Kopie stammt von einer früheren Version und sagt nicht, wie Wortfehler gezählt werden: dataset build mit denselben Einstellungen noch einmal ausführen; die Clips bleiben</translation>
    </message>
    <message>
        <source>%1 does not divide its sentences into glosses, and there is no dictionary.txt beside it that says which there are</source>
        <translation>%1 trennt die Sätze nicht in Glossen, und daneben liegt keine dictionary.txt, die sagt, welche es gibt</translation>
    </message>
    <message>
        <source>&quot;%1&quot; is not divided into glosses, and the words of dictionary.txt do not divide it in one way</source>
        <translation>„%1“ ist nicht in Glossen getrennt, und die Wörter von dictionary.txt trennen es nicht eindeutig</translation>
    </message>
    <message>
        <source>%1: not in the training part</source>
        <translation>%1: nicht im Trainingsteil</translation>
    </message>
    <message>
        <source>%1: not in the vocabulary</source>
        <translation>%1: nicht im Wortschatz</translation>
    </message>
    <message>
        <source>%1 has %2 frames, %3 are announced</source>
        <translation>%1 hat %2 Bilder, angekündigt sind %3</translation>
    </message>
    <message>
        <source>%1 frames give %2 steps, its %3 glosses need %4</source>
        <translation>%1 Bilder ergeben %2 Schritte, die %3 Glossen brauchen %4</translation>
    </message>
    <message>
        <source>%1 frames at %2 a second give %3 steps, its %4 glosses need %5</source>
        <translation>%1 Bilder bei %2 in der Sekunde ergeben %3 Schritte, die %4 Glossen brauchen %5</translation>
    </message>
    <message>
        <source>no glosses are given</source>
        <translation>keine Glossen angegeben</translation>
    </message>
</context>
<context>
    <name>ErrorHint</name>
    <message>
        <source>Check that the folder exists, can be written to and has room.</source>
        <translation>Prüfen Sie, ob es den Ordner gibt, ob Sie dort schreiben dürfen und ob Platz ist.</translation>
    </message>
    <message>
        <source>Free space on the disk, or choose another place.</source>
        <translation>Schaffen Sie Platz auf dem Datenträger oder wählen Sie einen anderen Ort.</translation>
    </message>
    <message>
        <source>Only files can.</source>
        <translation>Das geht nur in Dateien.</translation>
    </message>
    <message>
        <source>Choose a shorter span.</source>
        <translation>Wählen Sie eine kürzere Spanne.</translation>
    </message>
    <message>
        <source>Sides go from 2 to 4096 pixels, the rate from 0.5 to 50.</source>
        <translation>Seiten gehen von 2 bis 4096 Pixel, die Bildrate von 0,5 bis 50.</translation>
    </message>
    <message>
        <source>Addresses of streams begin with http://, https://, rtsp:// or rtsps://.</source>
        <translation>Adressen von Streams beginnen mit http://, https://, rtsp:// oder rtsps://.</translation>
    </message>
    <message>
        <source>Check the path.</source>
        <translation>Prüfen Sie den Pfad.</translation>
    </message>
    <message>
        <source>Check the permissions of its folders.</source>
        <translation>Prüfen Sie die Rechte seiner Ordner.</translation>
    </message>
    <message>
        <source>Choose a video file in it.</source>
        <translation>Wählen Sie eine Videodatei darin.</translation>
    </message>
    <message>
        <source>Choose a video file.</source>
        <translation>Wählen Sie eine Videodatei.</translation>
    </message>
    <message>
        <source>Fetch or record it again.</source>
        <translation>Holen oder nehmen Sie sie noch einmal auf.</translation>
    </message>
    <message>
        <source>Playlists, subtitles and pictures are not opened; choose the video itself.</source>
        <translation>Wiedergabelisten, Untertitel und Bilder werden nicht geöffnet; wählen Sie das Video selbst.</translation>
    </message>
    <message>
        <source>Plug one in, and check that this user may use it and that no other program does.</source>
        <translation>Schließen Sie eine an und prüfen Sie, ob Sie sie verwenden dürfen und kein anderes Programm es tut.</translation>
    </message>
    <message>
        <source>Convert the video to 4K or less.</source>
        <translation>Wandeln Sie das Video in 4K oder kleiner um.</translation>
    </message>
    <message>
        <source>Choose a file or address with moving pictures.</source>
        <translation>Wählen Sie eine Datei oder Adresse mit bewegtem Bild.</translation>
    </message>
    <message>
        <source>Ask its owner for permission to read it.</source>
        <translation>Bitten Sie den Besitzer um das Leserecht.</translation>
    </message>
    <message>
        <source>Convert it to H.264 in MP4.</source>
        <translation>Wandeln Sie es in MP4 mit H.264 um.</translation>
    </message>
    <message>
        <source>Play it in another program; if that fails too, fetch or convert it again.</source>
        <translation>Spielen Sie es in einem anderen Programm ab; wenn auch das nicht geht, holen oder wandeln Sie es noch einmal um.</translation>
    </message>
    <message>
        <source>Plug it in, then choose it from the list again.</source>
        <translation>Schließen Sie sie an und wählen Sie sie noch einmal aus der Liste.</translation>
    </message>
    <message>
        <source>Allow camera access; on Linux add your user to the group &quot;video&quot; and sign in again.</source>
        <translation>Erlauben Sie den Zugriff auf die Kamera; unter Linux muss Ihr Benutzerkonto zur Gruppe „video“ gehören, danach neu anmelden.</translation>
    </message>
    <message>
        <source>Close that program and try again.</source>
        <translation>Schließen Sie jenes Programm und versuchen Sie es noch einmal.</translation>
    </message>
    <message>
        <source>Plug the camera in again.</source>
        <translation>Schließen Sie die Kamera wieder an.</translation>
    </message>
    <message>
        <source>Choose another camera; livegloss-cli devices lists them.</source>
        <translation>Wählen Sie eine andere Kamera; „livegloss-cli devices“ zählt sie auf.</translation>
    </message>
    <message>
        <source>Check the path in the address.</source>
        <translation>Prüfen Sie den Pfad in der Adresse.</translation>
    </message>
    <message>
        <source>Put the user name and password into the address: http://user:password@host/...</source>
        <translation>Schreiben Sie Benutzername und Passwort in die Adresse: http://name:passwort@rechner/...</translation>
    </message>
    <message>
        <source>Check address and network.</source>
        <translation>Prüfen Sie Adresse und Netzwerk.</translation>
    </message>
    <message>
        <source>Check address and port, and that the sender runs.</source>
        <translation>Prüfen Sie Adresse und Port und ob der Sender läuft.</translation>
    </message>
    <message>
        <source>Check the address; it has to be that of the stream itself, not of a web page around it.</source>
        <translation>Prüfen Sie die Adresse; es muss die des Streams selbst sein, nicht die einer Webseite darum herum.</translation>
    </message>
    <message>
        <source>Use an MJPEG stream over HTTP or an RTSP stream; playlists (HLS, DASH) are not followed.</source>
        <translation>Verwenden Sie einen MJPEG-Stream über HTTP oder einen RTSP-Stream; Wiedergabelisten (HLS, DASH) werden nicht verfolgt.</translation>
    </message>
    <message>
        <source>Check the network and that the sender runs, then connect again.</source>
        <translation>Prüfen Sie das Netzwerk und ob der Sender läuft, dann verbinden Sie noch einmal.</translation>
    </message>
    <message>
        <source>Unplug the camera and plug it in again.</source>
        <translation>Stecken Sie die Kamera ab und wieder an.</translation>
    </message>
    <message>
        <source>Close other programs and try again.</source>
        <translation>Schließen Sie andere Programme und versuchen Sie es noch einmal.</translation>
    </message>
    <message>
        <source>Try lavfi:testsrc=size=640x480:rate=25.</source>
        <translation>Versuchen Sie lavfi:testsrc=size=640x480:rate=25.</translation>
    </message>
    <message>
        <source>Convert the video to H.264 with yuv420p pixels.</source>
        <translation>Wandeln Sie das Video in H.264 mit yuv420p-Pixeln um.</translation>
    </message>
    <message>
        <source>Take the file from its source again.</source>
        <translation>Holen Sie die Datei noch einmal von ihrer Quelle.</translation>
    </message>
    <message>
        <source>Check that it is a folder you may read.</source>
        <translation>Prüfen Sie, ob es ein Ordner ist, den Sie lesen dürfen.</translation>
    </message>
    <message>
        <source>Expected .png, .jpg, .jpeg, .bmp or .webp files.</source>
        <translation>Erwartet werden Dateien mit .png, .jpg, .jpeg, .bmp oder .webp.</translation>
    </message>
    <message>
        <source>Use a copy without protection.</source>
        <translation>Verwenden Sie eine Kopie ohne Schutz.</translation>
    </message>
    <message>
        <source>The file may be cut off or damaged; fetch or convert it again.</source>
        <translation>Die Datei ist vielleicht abgeschnitten oder beschädigt; holen oder wandeln Sie sie noch einmal um.</translation>
    </message>
    <message>
        <source>Install an FFmpeg that has it; Debian&apos;s package libavcodec-extra does.</source>
        <translation>Installieren Sie ein FFmpeg, das ihn hat; Debians Paket libavcodec-extra hat ihn.</translation>
    </message>
    <message>
        <source>Width and height must be even numbers from 2 to 16384.</source>
        <translation>Breite und Höhe müssen gerade Zahlen von 2 bis 16384 sein.</translation>
    </message>
    <message>
        <source>Choose a rate from 0.1 to 1000.</source>
        <translation>Wählen Sie eine Rate von 0,1 bis 1000.</translation>
    </message>
    <message>
        <source>Close other programs, or recognise it in parts.</source>
        <translation>Schließen Sie andere Programme oder lassen Sie ihn in Teilen erkennen.</translation>
    </message>
    <message>
        <source>Check the name and the folder.</source>
        <translation>Prüfen Sie Name und Ordner.</translation>
    </message>
    <message>
        <source>Choose the file that it was to lead to.</source>
        <translation>Wählen Sie die Datei, zu der sie führen sollte.</translation>
    </message>
    <message>
        <source>Check the file&apos;s permissions.</source>
        <translation>Prüfen Sie die Rechte der Datei.</translation>
    </message>
    <message>
        <source>Choose a file, not a folder or a device.</source>
        <translation>Wählen Sie eine Datei, keinen Ordner und kein Gerät.</translation>
    </message>
    <message>
        <source>Choose the gloss dictionary that belongs to the model (gloss_dict.npy).</source>
        <translation>Wählen Sie das Glossenverzeichnis, das zum Modell gehört (gloss_dict.npy).</translation>
    </message>
    <message>
        <source>A gloss dictionary maps each gloss to [index from 1, count]; correct the entry.</source>
        <translation>Ein Glossenverzeichnis ordnet jeder Glosse [Nummer ab 1, Anzahl] zu; berichtigen Sie den Eintrag.</translation>
    </message>
    <message>
        <source>Choose another file.</source>
        <translation>Wählen Sie eine andere Datei.</translation>
    </message>
    <message>
        <source>The file is damaged or incomplete; copy or download it again.</source>
        <translation>Die Datei ist beschädigt oder unvollständig; kopieren oder laden Sie sie noch einmal.</translation>
    </message>
    <message>
        <source>Unpack it and choose the file with the model&apos;s weights inside.</source>
        <translation>Entpacken Sie sie und wählen Sie die Datei mit den Gewichten des Modells.</translation>
    </message>
    <message>
        <source>Convert the weights to safetensors or to a PyTorch state_dict first.</source>
        <translation>Wandeln Sie die Gewichte zuerst in safetensors oder ein state_dict von PyTorch um.</translation>
    </message>
    <message>
        <source>Choose a .safetensors file or a PyTorch checkpoint (.pt, .pth).</source>
        <translation>Wählen Sie eine .safetensors-Datei oder einen Checkpoint von PyTorch (.pt, .pth).</translation>
    </message>
    <message>
        <source>Open the address in a browser and download the file itself.</source>
        <translation>Öffnen Sie die Adresse in einem Browser und laden Sie die Datei selbst.</translation>
    </message>
    <message>
        <source>Download the file again.</source>
        <translation>Laden Sie die Datei noch einmal.</translation>
    </message>
    <message>
        <source>Choose the file with the weights that lies beside it.</source>
        <translation>Wählen Sie die Datei mit den Gewichten, die daneben liegt.</translation>
    </message>
    <message>
        <source>Fetch the real file with &apos;git lfs pull&apos;, or download it from the page.</source>
        <translation>Holen Sie die eigentliche Datei mit „git lfs pull“ oder laden Sie sie von der Seite.</translation>
    </message>
    <message>
        <source>Import it first: on the Models page of the window, or with livegloss-cli import.</source>
        <translation>Importieren Sie ihn zuerst: auf der Seite „Modelle“ des Fensters oder mit livegloss-cli import.</translation>
    </message>
    <message>
        <source>Files that hold whole Python objects are not read. In Python, save only the weights: torch.save(model.state_dict(), ...) or safetensors.</source>
        <translation>Dateien mit ganzen Python-Objekten werden nicht gelesen. Speichern Sie in Python nur die Gewichte: torch.save(model.state_dict(), ...) oder safetensors.</translation>
    </message>
    <message>
        <source>Choose the file that holds the model&apos;s weights.</source>
        <translation>Wählen Sie die Datei, die die Gewichte des Modells enthält.</translation>
    </message>
    <message>
        <source>Save the file again without compression.</source>
        <translation>Speichern Sie die Datei noch einmal ohne Kompression.</translation>
    </message>
    <message>
        <source>Unpack the archive with its password first.</source>
        <translation>Entpacken Sie das Archiv zuerst mit seinem Passwort.</translation>
    </message>
    <message>
        <source>Join its parts into one file first.</source>
        <translation>Fügen Sie seine Teile zuerst zu einer Datei zusammen.</translation>
    </message>
    <message>
        <source>Update LiveGloss, or save the weights as safetensors.</source>
        <translation>Aktualisieren Sie LiveGloss oder speichern Sie die Gewichte als safetensors.</translation>
    </message>
    <message>
        <source>It may need a newer version of LiveGloss.</source>
        <translation>Vielleicht braucht es eine neuere Version von LiveGloss.</translation>
    </message>
    <message>
        <source>Choose another model, or download it again.</source>
        <translation>Wählen Sie ein anderes Modell oder laden Sie es noch einmal.</translation>
    </message>
    <message>
        <source>The file is not a whole model; import its checkpoint again, or download it again.</source>
        <translation>Die Datei ist kein ganzes Modell; importieren Sie ihren Checkpoint noch einmal oder laden Sie sie neu.</translation>
    </message>
    <message>
        <source>Make new ones with livegloss-cli quantize.</source>
        <translation>Machen Sie neue mit livegloss-cli quantize.</translation>
    </message>
    <message>
        <source>Make a model with them: livegloss-cli quantize --model MODEL --calibration CLIPS --output MODEL8</source>
        <translation>Machen Sie ein Modell mit ihnen: livegloss-cli quantize --model MODELL --calibration CLIPS --output MODELL8</translation>
    </message>
    <message>
        <source>Ask for fewer frames at a time.</source>
        <translation>Verlangen Sie weniger Bilder auf einmal.</translation>
    </message>
    <message>
        <source>Ask for the attention of its class token or of a patch.</source>
        <translation>Verlangen Sie die Aufmerksamkeit seines Klassentokens oder eines Bildteils.</translation>
    </message>
    <message>
        <source>Ask for the attention within a frame.</source>
        <translation>Verlangen Sie die Aufmerksamkeit innerhalb eines Bildes.</translation>
    </message>
    <message>
        <source>It has %1, counted from 0.</source>
        <translation>Es hat %1, gezählt ab 0.</translation>
    </message>
    <message>
        <source>Choose cpu, or auto.</source>
        <translation>Wählen Sie cpu oder auto.</translation>
    </message>
    <message>
        <source>Choose auto, cpu, cuda or cuda:N.</source>
        <translation>Wählen Sie auto, cpu, cuda oder cuda:N.</translation>
    </message>
    <message>
        <source>Give fewer or shorter clips at a time.</source>
        <translation>Geben Sie weniger oder kürzere Clips auf einmal.</translation>
    </message>
    <message>
        <source>Close other programs, or take a smaller model.</source>
        <translation>Schließen Sie andere Programme oder nehmen Sie ein kleineres Modell.</translation>
    </message>
    <message>
        <source>Take a computer with AVX2.</source>
        <translation>Nehmen Sie einen Rechner mit AVX2.</translation>
    </message>
    <message>
        <source>Remove it, or put the truth of this clip in its place.</source>
        <translation>Entfernen Sie sie oder legen Sie die Wahrheit dieses Clips an ihre Stelle.</translation>
    </message>
    <message>
        <source>Write it again with livegloss-cli synth --masks.</source>
        <translation>Schreiben Sie sie mit livegloss-cli synth --masks noch einmal.</translation>
    </message>
    <message>
        <source>Remove it or write it again.</source>
        <translation>Entfernen Sie sie oder schreiben Sie sie noch einmal.</translation>
    </message>
    <message>
        <source>Clips of the synthetic signer have one: livegloss-cli synth --masks writes it.</source>
        <translation>Clips der synthetischen Figur haben eine: livegloss-cli synth --masks schreibt sie.</translation>
    </message>
    <message>
        <source>Choose a longer span inside the clip.</source>
        <translation>Wählen Sie eine längere Spanne im Clip.</translation>
    </message>
    <message>
        <source>The training that made it went wrong; choose another epoch.</source>
        <translation>Das Training, aus dem sie stammt, misslang; wählen Sie eine andere Epoche.</translation>
    </message>
    <message>
        <source>Choose a checkpoint that was trained with a shared classifier, as the paper has it.</source>
        <translation>Wählen Sie einen Checkpoint, der mit gemeinsamem Klassifikator trainiert wurde, wie im Artikel.</translation>
    </message>
    <message>
        <source>Models are kept in .safetensors files.</source>
        <translation>Modelle werden in .safetensors-Dateien abgelegt.</translation>
    </message>
    <message>
        <source>Choose another name.</source>
        <translation>Wählen Sie einen anderen Namen.</translation>
    </message>
    <message>
        <source>Choose a complete CLIP or AdaptSign checkpoint.</source>
        <translation>Wählen Sie einen vollständigen Checkpoint von CLIP oder AdaptSign.</translation>
    </message>
    <message>
        <source>Give the AdaptSign checkpoint first and CLIP&apos;s as the backbone.</source>
        <translation>Geben Sie zuerst den Checkpoint von AdaptSign und den von CLIP als Backbone.</translation>
    </message>
    <message>
        <source>Choose an AdaptSign or CLIP checkpoint.</source>
        <translation>Wählen Sie einen Checkpoint von AdaptSign oder CLIP.</translation>
    </message>
    <message>
        <source>Choose a checkpoint that holds one model.</source>
        <translation>Wählen Sie einen Checkpoint, der ein einziges Modell enthält.</translation>
    </message>
    <message>
        <source>Choose the gloss dictionary that belongs to the checkpoint.</source>
        <translation>Wählen Sie das Glossenverzeichnis, das zum Checkpoint gehört.</translation>
    </message>
    <message>
        <source>Mend it, or remove it if the detector holds its own settings.</source>
        <translation>Bringen Sie es in Ordnung oder entfernen Sie es, wenn der Detektor eigene Einstellungen enthält.</translation>
    </message>
    <message>
        <source>Install the package opencv-data.</source>
        <translation>Installieren Sie das Paket opencv-data.</translation>
    </message>
    <message>
        <source>Install the package opencv-data anew.</source>
        <translation>Installieren Sie das Paket opencv-data neu.</translation>
    </message>
    <message>
        <source>Export or copy the detector anew; its file ends in .onnx.</source>
        <translation>Exportieren oder kopieren Sie den Detektor neu; seine Datei endet auf .onnx.</translation>
    </message>
    <message>
        <source>Export the detector as one file.</source>
        <translation>Exportieren Sie den Detektor als eine Datei.</translation>
    </message>
    <message>
        <source>Export the detector without them; OpenCV cannot run these.</source>
        <translation>Exportieren Sie den Detektor ohne sie; OpenCV kann sie nicht ausführen.</translation>
    </message>
    <message>
        <source>Export the detector with outputs of 32-bit floats for the size of its input.</source>
        <translation>Exportieren Sie den Detektor mit Ausgaben aus 32-Bit-Gleitkommazahlen für die Größe seiner Eingabe.</translation>
    </message>
    <message>
        <source>Export the detector for OpenCV, with a fixed input size and without post-processing.</source>
        <translation>Exportieren Sie den Detektor für OpenCV, mit fester Eingabegröße und ohne Nachbearbeitung.</translation>
    </message>
    <message>
        <source>Export the detector without post-processing.</source>
        <translation>Exportieren Sie den Detektor ohne Nachbearbeitung.</translation>
    </message>
    <message>
        <source>Choose the detector anew.</source>
        <translation>Wählen Sie den Detektor neu.</translation>
    </message>
    <message>
        <source>Choose an ONNX file of a detector.</source>
        <translation>Wählen Sie die ONNX-Datei eines Detektors.</translation>
    </message>
    <message>
        <source>Check who may read it.</source>
        <translation>Prüfen Sie, wer sie lesen darf.</translation>
    </message>
    <message>
        <source>Export a detector with one picture as input and one output, without post-processing.</source>
        <translation>Exportieren Sie einen Detektor mit einem Bild als Eingabe und einer Ausgabe, ohne Nachbearbeitung.</translation>
    </message>
    <message>
        <source>It has to be 1 x 3 x height x width.</source>
        <translation>Sie muss 1 x 3 x Höhe x Breite sein.</translation>
    </message>
    <message>
        <source>Export the detector with simpler operations (an older opset), or with a newer OpenCV in mind.</source>
        <translation>Exportieren Sie den Detektor mit einfacheren Operationen (einem älteren Opset).</translation>
    </message>
    <message>
        <source>Check the path of the data set.</source>
        <translation>Prüfen Sie den Pfad des Datensatzes.</translation>
    </message>
    <message>
        <source>Name the folder that holds these files, or list your videos in a dataset.tsv (docs/datasets.md).</source>
        <translation>Nennen Sie den Ordner mit diesen Dateien oder führen Sie Ihre Videos in einer dataset.tsv auf (docs/datasets.md).</translation>
    </message>
    <message>
        <source>Check that it is the whole data set.</source>
        <translation>Prüfen Sie, ob es der ganze Datensatz ist.</translation>
    </message>
    <message>
        <source>Make it again with livegloss-cli synth, or remove it: then signs have no times.</source>
        <translation>Machen Sie sie mit livegloss-cli synth neu oder entfernen Sie sie: dann haben Gebärden keine Zeiten.</translation>
    </message>
    <message>
        <source>Correct the line, or take the file from the data set&apos;s owners again.</source>
        <translation>Berichtigen Sie die Zeile oder holen Sie die Datei noch einmal von den Besitzern des Datensatzes.</translation>
    </message>
    <message>
        <source>Take the file from the data set&apos;s owners again.</source>
        <translation>Holen Sie die Datei noch einmal von den Besitzern des Datensatzes.</translation>
    </message>
    <message>
        <source>Set &quot;adapt.clips&quot; (clips of an epoch), or use &quot;drop_at&quot; with steps.</source>
        <translation>Setzen Sie „adapt.clips“ (Clips einer Epoche) oder nehmen Sie „drop_at“ mit Schritten.</translation>
    </message>
    <message>
        <source>Set &quot;adapt.clips&quot; (clips of an epoch) or &quot;adapt.steps&quot; in the recipe.</source>
        <translation>Setzen Sie im Rezept „adapt.clips“ (Clips einer Epoche) oder „adapt.steps“.</translation>
    </message>
    <message>
        <source>Leave one of them out of the recipe, or keep one lesson.</source>
        <translation>Lassen Sie eines davon aus dem Rezept weg oder behalten Sie eine Lektion.</translation>
    </message>
    <message>
        <source>docs/training.md lists every key</source>
        <translation>docs/training.md führt jeden Schlüssel auf</translation>
    </message>
    <message>
        <source>Start it again with the same recipe and data; its checkpoint is kept.</source>
        <translation>Beginnen Sie ihn mit demselben Rezept und denselben Daten noch einmal; sein Checkpoint bleibt erhalten.</translation>
    </message>
    <message>
        <source>Choose a folder that can be written.</source>
        <translation>Wählen Sie einen Ordner, in dem geschrieben werden kann.</translation>
    </message>
    <message>
        <source>Wait until it has ended, or stop it; two would destroy each other&apos;s checkpoints.</source>
        <translation>Warten Sie, bis es zu Ende ist, oder halten Sie es an; zwei würden einander die Checkpoints zerstören.</translation>
    </message>
    <message>
        <source>Set &quot;device&quot; to auto or cpu, or use a LibTorch that was built for CUDA.</source>
        <translation>Setzen Sie „device“ auf auto oder cpu oder nehmen Sie ein LibTorch, das für CUDA gebaut wurde.</translation>
    </message>
    <message>
        <source>Set &quot;precision&quot; to f32 in the recipe.</source>
        <translation>Setzen Sie „precision“ im Rezept auf f32.</translation>
    </message>
    <message>
        <source>Set it in the recipe, or train without --stage pretrain.</source>
        <translation>Setzen Sie es im Rezept oder trainieren Sie ohne --stage pretrain.</translation>
    </message>
    <message>
        <source>lower cache_megabytes, keep_clips or batch in the recipe, or set gradient_checkpointing</source>
        <translation>Verkleinern Sie cache_megabytes, keep_clips oder batch im Rezept oder setzen Sie gradient_checkpointing</translation>
    </message>
    <message>
        <source>write the file&apos;s sizes into &quot;model&quot;, or none</source>
        <translation>Schreiben Sie die Größen der Datei in „model“ oder gar keine</translation>
    </message>
    <message>
        <source>choose another &quot;method&quot;</source>
        <translation>Wählen Sie eine andere „method“</translation>
    </message>
    <message>
        <source>Train on the same data set, or begin in an empty --work folder.</source>
        <translation>Trainieren Sie mit demselben Datensatz oder beginnen Sie in einem leeren Ordner.</translation>
    </message>
    <message>
        <source>Check the network connection, or use its number, such as 192.168.1.20, instead of its name.</source>
        <translation>Prüfen Sie die Netzverbindung oder verwenden Sie statt des Namens die Nummer, etwa 192.168.1.20.</translation>
    </message>
    <message>
        <source>Check the spelling and the network connection, or use its number, such as 192.168.1.20, instead of its name.</source>
        <translation>Prüfen Sie die Schreibweise und die Netzverbindung oder verwenden Sie statt des Namens die Nummer, etwa 192.168.1.20.</translation>
    </message>
    <message>
        <source>Check the spelling, or use its number, such as 192.168.1.20, instead of its name.</source>
        <translation>Prüfen Sie die Schreibweise oder verwenden Sie statt des Namens die Nummer, etwa 192.168.1.20.</translation>
    </message>
    <message>
        <source>Convert its weights to safetensors.</source>
        <translation>Wandeln Sie seine Gewichte in safetensors um.</translation>
    </message>
    <message>
        <source>In Python, load it with that PyTorch version and save its state_dict() with torch.save.</source>
        <translation>Laden Sie es in Python mit jener PyTorch-Version und speichern Sie sein state_dict() mit torch.save.</translation>
    </message>
    <message>
        <source>In Python, load it and save its state_dict() with torch.save.</source>
        <translation>Laden Sie es in Python und speichern Sie sein state_dict() mit torch.save.</translation>
    </message>
    <message>
        <source>In Python, save the model&apos;s state_dict() with torch.save or as safetensors.</source>
        <translation>Speichern Sie in Python das state_dict() des Modells mit torch.save oder als safetensors.</translation>
    </message>
    <message>
        <source>Save the weights with torch.save or as safetensors.</source>
        <translation>Speichern Sie die Gewichte mit torch.save oder als safetensors.</translation>
    </message>
    <message>
        <source>Choose the file with the model&apos;s weights.</source>
        <translation>Wählen Sie die Datei mit den Gewichten des Modells.</translation>
    </message>
    <message>
        <source>Choose the gloss dictionary.</source>
        <translation>Wählen Sie das Glossenverzeichnis.</translation>
    </message>
    <message>
        <source>Every class needs a gloss.</source>
        <translation>Jede Klasse braucht eine Glosse.</translation>
    </message>
    <message>
        <source>Every gloss may occur once.</source>
        <translation>Jede Glosse darf nur einmal vorkommen.</translation>
    </message>
    <message>
        <source>Save the list as plain text in UTF-8, one gloss a line.</source>
        <translation>Speichern Sie die Liste als reinen Text in UTF-8, eine Glosse je Zeile.</translation>
    </message>
    <message>
        <source>Set &quot;device&quot; in the recipe to auto, cpu or cuda.</source>
        <translation>„device“ im Rezept auf auto, cpu oder cuda setzen.</translation>
    </message>
    <message>
        <source>Train that model first, or name another one in the recipe.</source>
        <translation>Erst dieses Modell trainieren oder im Rezept ein anderes nennen.</translation>
    </message>
    <message>
        <source>Import it (livegloss-cli import), pre-train one (--stage pretrain), or name another one in the recipe.</source>
        <translation>Importieren (livegloss-cli import), eines vortrainieren (--stage pretrain) oder im Rezept ein anderes nennen.</translation>
    </message>
    <message>
        <source>Leave that key out of the recipe.</source>
        <translation>Diesen Schlüssel im Rezept weglassen.</translation>
    </message>
    <message>
        <source>Set &quot;normalisation&quot; in &quot;model&quot; of the recipe, or begin in an empty --work folder.</source>
        <translation>„normalisation“ in „model“ des Rezepts setzen oder in einem leeren Ordner (--work) beginnen.</translation>
    </message>
    <message>
        <source>set gradient_checkpointing, &quot;precision&quot;: &quot;fp16&quot;, or a smaller batch with accumulate in the recipe</source>
        <translation>im Rezept gradient_checkpointing, &quot;precision&quot;: &quot;fp16&quot; oder ein kleineres batch mit accumulate setzen</translation>
    </message>
    <message>
        <source>Use lists as published work makes them (train.txt and dev.txt with path|glosses), or put spaces between the glosses of corpus.txt.</source>
        <translation>Listen wie in veröffentlichten Arbeiten verwenden (train.txt und dev.txt mit Pfad|Glossen) oder in corpus.txt Leerzeichen zwischen die Glossen setzen.</translation>
    </message>
</context>
<context>
    <name>ErrorKind</name>
    <message>
        <source>This does not fit together:</source>
        <translation>Das passt nicht zusammen:</translation>
    </message>
    <message>
        <source>Something is not where it should be:</source>
        <translation>Etwas ist nicht da, wo es sein soll:</translation>
    </message>
    <message>
        <source>It may not be opened:</source>
        <translation>Öffnen ist nicht erlaubt:</translation>
    </message>
    <message>
        <source>The file is damaged, or of another kind than it seems:</source>
        <translation>Die Datei ist beschädigt oder von anderer Art, als sie scheint:</translation>
    </message>
    <message>
        <source>This program cannot use this kind of file:</source>
        <translation>Mit dieser Art von Datei kann das Programm nichts anfangen:</translation>
    </message>
    <message>
        <source>A device or the network does not answer:</source>
        <translation>Ein Gerät oder das Netz antwortet nicht:</translation>
    </message>
    <message>
        <source>There is not enough memory:</source>
        <translation>Der Speicher reicht nicht:</translation>
    </message>
    <message>
        <source>It could not be written:</source>
        <translation>Schreiben war nicht möglich:</translation>
    </message>
    <message>
        <source>It was stopped:</source>
        <translation>Der Vorgang wurde abgebrochen:</translation>
    </message>
    <message>
        <source>A defect of the program:</source>
        <translation>Ein Fehler im Programm:</translation>
    </message>
</context>
<context>
    <name>Models</name>
    <message>
        <source>backbone</source>
        <translation>Backbone</translation>
    </message>
    <message>
        <source>adapters</source>
        <translation>Adapter</translation>
    </message>
    <message>
        <source>prefixes</source>
        <translation>Präfixe</translation>
    </message>
    <message>
        <source>aggregation</source>
        <translation>Aggregation</translation>
    </message>
    <message>
        <source>cross-frame attention</source>
        <translation>bildübergreifende Aufmerksamkeit</translation>
    </message>
    <message>
        <source>frame feature</source>
        <translation>Bildmerkmal</translation>
    </message>
    <message>
        <source>temporal head</source>
        <translation>zeitlicher Kopf</translation>
    </message>
    <message>
        <source>%1%</source>
        <translation>%1 %</translation>
    </message>
    <message>
        <source>German Sign Language</source>
        <translation>Deutsche Gebärdensprache</translation>
    </message>
    <message>
        <source>Chinese Sign Language</source>
        <translation>Chinesische Gebärdensprache</translation>
    </message>
    <message>
        <source>Synthetic signer</source>
        <translation>Künstliche Figur</translation>
    </message>
    <message>
        <source>Backbone for training</source>
        <translation>Backbone zum Trainieren</translation>
    </message>
    <message>
        <source>fetched by hand</source>
        <translation>von Hand zu holen</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 von %2</translation>
    </message>
    <message>
        <source>%1 a second</source>
        <translation>%1 je Sekunde</translation>
    </message>
</context>
<context>
    <name>StageMessages</name>
    <message>
        <source>Choose what to recognise</source>
        <translation>Wählen Sie, was erkannt werden soll</translation>
    </message>
    <message>
        <source>Drop a video here, or start with one of these:</source>
        <translation>Ziehen Sie ein Video hierher oder beginnen Sie hiermit:</translation>
    </message>
    <message>
        <source>No camera found</source>
        <translation>Keine Kamera gefunden</translation>
    </message>
    <message>
        <source>This computer reports no camera, or you may not use it.</source>
        <translation>Dieser Computer meldet keine Kamera, oder Sie dürfen sie nicht verwenden.</translation>
    </message>
    <message>
        <source>Plug a camera in and look again. On Linux your user must belong to the group “video”.</source>
        <translation>Schließen Sie eine Kamera an und suchen Sie noch einmal. Unter Linux muss Ihr Benutzerkonto zur Gruppe „video“ gehören.</translation>
    </message>
    <message>
        <source>Look Again</source>
        <translation>Erneut suchen</translation>
    </message>
    <message>
        <source>The sample clips are missing</source>
        <translation>Die Beispielvideos fehlen</translation>
    </message>
    <message>
        <source>They belong to the program, but are not where it looks for them.</source>
        <translation>Sie gehören zum Programm, liegen aber nicht dort, wo es sie sucht.</translation>
    </message>
    <message>
        <source>Open a video of your own or use a camera. Installing the program again brings the samples back.</source>
        <translation>Öffnen Sie ein eigenes Video oder verwenden Sie eine Kamera. Eine neue Installation des Programms bringt die Beispiele zurück.</translation>
    </message>
    <message>
        <source>This cannot be opened</source>
        <translation>Das lässt sich nicht öffnen</translation>
    </message>
    <message>
        <source>What was dropped is neither a file nor the address of a stream.</source>
        <translation>Was hier abgelegt wurde, ist weder eine Datei noch die Adresse eines Streams.</translation>
    </message>
    <message>
        <source>Drop a video file, a model file (.safetensors) or an http or rtsp address.</source>
        <translation>Legen Sie eine Videodatei, eine Modelldatei (.safetensors) oder eine http- oder rtsp-Adresse ab.</translation>
    </message>
    <message>
        <source>Waiting for the camera…</source>
        <translation>Warten auf die Kamera …</translation>
    </message>
    <message>
        <source>Connecting to the stream…</source>
        <translation>Verbinden mit dem Stream …</translation>
    </message>
    <message>
        <source>Opening the video…</source>
        <translation>Öffnen des Videos …</translation>
    </message>
    <message>
        <source>The camera may not be used</source>
        <translation>Die Kamera darf nicht verwendet werden</translation>
    </message>
    <message>
        <source>The camera sends no picture</source>
        <translation>Die Kamera sendet kein Bild</translation>
    </message>
    <message>
        <source>The camera was unplugged</source>
        <translation>Die Kamera wurde getrennt</translation>
    </message>
    <message>
        <source>The camera cannot be used</source>
        <translation>Die Kamera lässt sich nicht verwenden</translation>
    </message>
    <message>
        <source>The stream does not answer</source>
        <translation>Der Stream antwortet nicht</translation>
    </message>
    <message>
        <source>The connection to the stream was lost</source>
        <translation>Die Verbindung zum Stream ist abgebrochen</translation>
    </message>
    <message>
        <source>The stream cannot be opened</source>
        <translation>Der Stream lässt sich nicht öffnen</translation>
    </message>
    <message>
        <source>The file does not exist</source>
        <translation>Die Datei gibt es nicht</translation>
    </message>
    <message>
        <source>The file may not be read</source>
        <translation>Die Datei darf nicht gelesen werden</translation>
    </message>
    <message>
        <source>There is no video in this file</source>
        <translation>In dieser Datei ist kein Video</translation>
    </message>
    <message>
        <source>This kind of video is not supported</source>
        <translation>Diese Art von Video wird nicht unterstützt</translation>
    </message>
    <message>
        <source>The file is damaged or not a video</source>
        <translation>Die Datei ist beschädigt oder kein Video</translation>
    </message>
    <message>
        <source>Not enough memory</source>
        <translation>Nicht genug Speicher</translation>
    </message>
    <message>
        <source>The video cannot be played</source>
        <translation>Das Video lässt sich nicht abspielen</translation>
    </message>
    <message>
        <source>Plug a camera in and try again.</source>
        <translation>Schließen Sie eine Kamera an und versuchen Sie es noch einmal.</translation>
    </message>
    <message>
        <source>Check the name, or choose another source.</source>
        <translation>Prüfen Sie den Namen oder wählen Sie eine andere Quelle.</translation>
    </message>
    <message>
        <source>Close other programs that use the camera. On Linux your user must belong to the group “video”.</source>
        <translation>Schließen Sie andere Programme, die die Kamera verwenden. Unter Linux muss Ihr Benutzerkonto zur Gruppe „video“ gehören.</translation>
    </message>
    <message>
        <source>Give yourself the right to read it, or choose another source.</source>
        <translation>Geben Sie sich das Leserecht oder wählen Sie eine andere Quelle.</translation>
    </message>
    <message>
        <source>Check the cable and try again.</source>
        <translation>Prüfen Sie das Kabel und versuchen Sie es noch einmal.</translation>
    </message>
    <message>
        <source>Choose a file with a picture.</source>
        <translation>Wählen Sie eine Datei mit Bild.</translation>
    </message>
    <message>
        <source>Close other programs or choose a smaller video.</source>
        <translation>Schließen Sie andere Programme oder wählen Sie ein kleineres Video.</translation>
    </message>
    <message>
        <source>Choose another source, or convert the video to MP4 with H.264.</source>
        <translation>Wählen Sie eine andere Quelle oder wandeln Sie das Video in MP4 mit H.264 um.</translation>
    </message>
    <message>
        <source>Try Again</source>
        <translation>Erneut versuchen</translation>
    </message>
    <message>
        <source>Choose Another Source</source>
        <translation>Andere Quelle wählen</translation>
    </message>
    <message>
        <source>Open File…</source>
        <translation>Datei öffnen …</translation>
    </message>
    <message>
        <source>Use Camera</source>
        <translation>Kamera verwenden</translation>
    </message>
    <message>
        <source>Play Sample Clip</source>
        <translation>Beispiel abspielen</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>The camera that was chosen is not plugged in.</source>
        <translation>Die gewählte Kamera ist nicht angeschlossen.</translation>
    </message>
    <message>
        <source>Another program uses it, or your user may not.</source>
        <translation>Ein anderes Programm benutzt sie, oder Ihr Benutzerkonto darf es nicht.</translation>
    </message>
    <message>
        <source>It is there, but no picture has arrived for some seconds.</source>
        <translation>Sie ist da, aber seit einigen Sekunden kam kein Bild an.</translation>
    </message>
    <message>
        <source>It stopped answering while in use.</source>
        <translation>Sie antwortet mitten im Betrieb nicht mehr.</translation>
    </message>
    <message>
        <source>Choose another camera, or plug this one in again.</source>
        <translation>Wählen Sie eine andere Kamera oder stecken Sie diese neu an.</translation>
    </message>
    <message>
        <source>There is nothing at this address</source>
        <translation>Unter dieser Adresse ist nichts</translation>
    </message>
    <message>
        <source>No computer of this name is known, none answers there, or it has nothing at this path.</source>
        <translation>Kein Computer dieses Namens ist bekannt, dort antwortet keiner, oder er hat unter diesem Pfad nichts.</translation>
    </message>
    <message>
        <source>Check the computer’s name, port and path in the address, and that the sender is switched on.</source>
        <translation>Prüfen Sie Computername, Port und Pfad in der Adresse und ob der Sender eingeschaltet ist.</translation>
    </message>
    <message>
        <source>The stream may not be watched</source>
        <translation>Der Stream darf nicht angesehen werden</translation>
    </message>
    <message>
        <source>The server asks for a user name and password, or refuses those in the address.</source>
        <translation>Der Server verlangt Benutzername und Passwort oder lehnt die in der Adresse ab.</translation>
    </message>
    <message>
        <source>Put both into the address: http://user:password@computer/path</source>
        <translation>Schreiben Sie beides in die Adresse: http://Benutzer:Passwort@Computer/Pfad</translation>
    </message>
    <message>
        <source>There is no video at this address</source>
        <translation>Unter dieser Adresse gibt es kein Video</translation>
    </message>
    <message>
        <source>The server answers, but with a web page or nothing instead of a video.</source>
        <translation>Der Server antwortet, aber mit einer Webseite oder mit nichts statt mit einem Video.</translation>
    </message>
    <message>
        <source>Use the address of the stream itself; the camera’s manual or settings name it.</source>
        <translation>Nehmen Sie die Adresse des Streams selbst; sie steht in der Anleitung oder den Einstellungen der Kamera.</translation>
    </message>
    <message>
        <source>This kind of stream is not supported</source>
        <translation>Diese Art von Stream wird nicht unterstützt</translation>
    </message>
    <message>
        <source>What the server sends is none of the video streams that LiveGloss reads.</source>
        <translation>Was der Server sendet, ist keiner der Videostreams, die LiveGloss liest.</translation>
    </message>
    <message>
        <source>Choose Motion JPEG over http or an rtsp stream in the sender’s settings. Playlists (HLS, DASH) are not followed.</source>
        <translation>Wählen Sie in den Einstellungen des Senders Motion JPEG über http oder einen rtsp-Stream. Wiedergabelisten (HLS, DASH) werden nicht verfolgt.</translation>
    </message>
    <message>
        <source>Nothing has arrived from this address for some seconds.</source>
        <translation>Von dieser Adresse kam seit einigen Sekunden nichts an.</translation>
    </message>
    <message>
        <source>Check address and network, and that the sender is switched on; then try again.</source>
        <translation>Prüfen Sie Adresse und Netzwerk und ob der Sender eingeschaltet ist; versuchen Sie es dann noch einmal.</translation>
    </message>
    <message>
        <source>The sender ended it, or the network failed.</source>
        <translation>Der Sender hat sie beendet, oder das Netzwerk ist ausgefallen.</translation>
    </message>
    <message>
        <source>Check that the sender is still switched on, then try again.</source>
        <translation>Prüfen Sie, ob der Sender noch eingeschaltet ist, und versuchen Sie es noch einmal.</translation>
    </message>
    <message>
        <source>Check the address, or choose another source.</source>
        <translation>Prüfen Sie die Adresse, oder wählen Sie eine andere Quelle.</translation>
    </message>
    <message>
        <source>It was moved, renamed or deleted, or its disk is not connected.</source>
        <translation>Sie wurde verschoben, umbenannt oder gelöscht, oder ihr Datenträger ist nicht angeschlossen.</translation>
    </message>
    <message>
        <source>Your user lacks the right to read it, or to open a folder above it.</source>
        <translation>Ihrem Benutzerkonto fehlt das Recht, sie zu lesen oder einen Ordner über ihr zu öffnen.</translation>
    </message>
    <message>
        <source>It holds only sound, still pictures or other data.</source>
        <translation>Sie enthält nur Ton, Standbilder oder andere Daten.</translation>
    </message>
    <message>
        <source>Part of it may be missing, or it is something else under a video’s name.</source>
        <translation>Vielleicht fehlt ein Teil, oder es ist etwas anderes unter dem Namen eines Videos.</translation>
    </message>
    <message>
        <source>The computer has no room for these pictures.</source>
        <translation>Der Computer hat für diese Bilder keinen Speicher frei.</translation>
    </message>
</context>
<context>
    <name>TextFormat</name>
    <message>
        <source>%1%</source>
        <comment>a confidence in percent</comment>
        <translation>%1&#x202f;%</translation>
    </message>
</context>
<context>
    <name>TimeLeft</name>
    <message>
        <source>more than 100 days left</source>
        <translation>noch mehr als 100 Tage</translation>
    </message>
    <message>
        <source>%1 s left</source>
        <translation>noch %1 s</translation>
    </message>
    <message>
        <source>%1 min left</source>
        <translation>noch %1 min</translation>
    </message>
    <message>
        <source>%1 h %2 min left</source>
        <translation>noch %1 h %2 min</translation>
    </message>
    <message>
        <source>%1 days left</source>
        <translation>noch %1 Tage</translation>
    </message>
</context>
<context>
    <name>Training</name>
    <message>
        <source>Loading what is needed…</source>
        <translation>Alles Nötige wird geladen …</translation>
    </message>
    <message>
        <source>Training: step %1 of %2</source>
        <translation>Training: Schritt %1 von %2</translation>
    </message>
    <message>
        <source>epoch %1 of %2</source>
        <translation>Epoche %1 von %2</translation>
    </message>
    <message>
        <source>Another process trains in this folder</source>
        <translation>Ein anderer Prozess trainiert in diesem Ordner</translation>
    </message>
    <message>
        <source>Process %1. It can go on here once that one has ended.</source>
        <translation>Prozess %1. Sobald er beendet ist, kann es hier weitergehen.</translation>
    </message>
    <message>
        <source>Ready to train</source>
        <translation>Bereit zum Training</translation>
    </message>
    <message>
        <source>Not ready yet</source>
        <translation>Noch nicht bereit</translation>
    </message>
    <message>
        <source>Everything goes into %1</source>
        <translation>Alles kommt nach %1</translation>
    </message>
    <message>
        <source>Data or recipe need a look: their pages say why.</source>
        <translation>Daten oder Rezept passen noch nicht: Ihre Seiten sagen, warum.</translation>
    </message>
    <message>
        <source>Start Training</source>
        <translation>Training starten</translation>
    </message>
    <message>
        <source>The folder is not empty</source>
        <translation>Der Ordner ist nicht leer</translation>
    </message>
    <message>
        <source>%1 holds other files. Choose another folder in Recipe.</source>
        <translation>In %1 liegen andere Dateien. Unter „Rezept“ einen anderen Ordner wählen.</translation>
    </message>
    <message>
        <source>Begun, but without a checkpoint yet</source>
        <translation>Begonnen, aber noch ohne Zwischenstand</translation>
    </message>
    <message>
        <source>Stopped at step %1</source>
        <translation>Bei Schritt %1 angehalten</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>Angehalten</translation>
    </message>
    <message>
        <source>A checkpoint is in %1</source>
        <translation>Ein Zwischenstand liegt in %1</translation>
    </message>
    <message>
        <source>It begins anew: a checkpoint comes with the first steps.</source>
        <translation>Es beginnt von vorn: Ein Zwischenstand entsteht mit den ersten Schritten.</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Start Again</source>
        <translation>Neu starten</translation>
    </message>
    <message>
        <source>Training is finished</source>
        <translation>Das Training ist fertig</translation>
    </message>
    <message>
        <source>The best model is in %1. To go on, raise the steps in Recipe.</source>
        <translation>Das beste Modell liegt in %1. Zum Weitertrainieren unter „Rezept“ die Schritte erhöhen.</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>Wird gestartet …</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>Training</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>Wird angehalten …</translation>
    </message>
    <message>
        <source>The step or measurement under way is finished first, then a checkpoint is written.</source>
        <translation>Der laufende Schritt oder die laufende Messung wird noch beendet, dann wird ein Zwischenstand geschrieben.</translation>
    </message>
    <message>
        <source>Training failed</source>
        <translation>Das Training ist fehlgeschlagen</translation>
    </message>
    <message>
        <source>Media missing</source>
        <translation>Medium fehlt</translation>
    </message>
    <message>
        <source>Media unreadable</source>
        <translation>Medium nicht lesbar</translation>
    </message>
    <message>
        <source>Fewer frames than announced</source>
        <translation>Weniger Bilder als angegeben</translation>
    </message>
    <message>
        <source>No glosses</source>
        <translation>Keine Glossen</translation>
    </message>
    <message>
        <source>Out of vocabulary</source>
        <translation>Nicht im Wortschatz</translation>
    </message>
    <message>
        <source>Too short for its glosses</source>
        <translation>Zu kurz für seine Glossen</translation>
    </message>
    <message>
        <source>Videos listed in dataset.tsv</source>
        <translation>Videos aus einer dataset.tsv</translation>
    </message>
    <message>
        <source>Clips of the synthetic signer</source>
        <translation>Clips der gezeichneten Gebärdenfigur</translation>
    </message>
    <message>
        <source>Training (train)</source>
        <translation>Training (train)</translation>
    </message>
    <message>
        <source>Measuring (dev)</source>
        <translation>Messen (dev)</translation>
    </message>
    <message>
        <source>Final test (test)</source>
        <translation>Schlusstest (test)</translation>
    </message>
    <message>
        <source>The recipe counts epochs, but drawn sentences have no end: choose a number of steps instead.</source>
        <translation>Das Rezept zählt Epochen, aber gezeichnete Sätze haben kein Ende: stattdessen eine Zahl von Schritten wählen.</translation>
    </message>
    <message>
        <source>The recipe pre-trains on drawn stills, which a data set does not have. Choose a backbone and set pretrain.steps to 0 in the recipe&apos;s file, or train on drawn sentences.</source>
        <translation>Das Rezept trainiert auf gezeichneten Standbildern vor, die ein Datensatz nicht hat. Einen Backbone wählen und in der Rezeptdatei pretrain.steps auf 0 setzen, oder mit gezeichneten Sätzen trainieren.</translation>
    </message>
    <message>
        <source>The backbone is not there. Choose its file; the Models workspace fetches CLIP&apos;s.</source>
        <translation>Den Backbone gibt es nicht. Seine Datei wählen; der Bereich „Modelle“ lädt die von CLIP.</translation>
    </message>
    <message>
        <source>Sentences are drawn with at least 96 pixels a side: give the model a larger resize in the recipe&apos;s file.</source>
        <translation>Sätze werden mit mindestens 96 Pixeln Seitenlänge gezeichnet: dem Modell in der Rezeptdatei ein größeres resize geben.</translation>
    </message>
    <message>
        <source>Quick try (some minutes)</source>
        <translation>Kurzer Versuch (einige Minuten)</translation>
    </message>
    <message>
        <source>AdaptSign as in the paper</source>
        <translation>AdaptSign wie im Artikel</translation>
    </message>
    <message>
        <source>The demo model (hours)</source>
        <translation>Das Demomodell (Stunden)</translation>
    </message>
    <message>
        <source>Trains on drawn sentences from the demo model&apos;s backbone, so that everything can be tried at once.</source>
        <translation>Trainiert auf gezeichneten Sätzen, ausgehend vom Backbone des Demomodells, damit sich alles gleich ausprobieren lässt.</translation>
    </message>
    <message>
        <source>The paper&apos;s settings for PHOENIX and CSL: 40 epochs from CLIP&apos;s ViT-B/16, which the Models workspace fetches. Meant for a graphics card.</source>
        <translation>Die Einstellungen des Artikels für PHOENIX und CSL: 40 Epochen, ausgehend von CLIPs ViT-B/16, das der Bereich „Modelle“ lädt. Für eine Grafikkarte gedacht.</translation>
    </message>
    <message>
        <source>How the bundled model was made: pre-training on drawn stills, then the head, then AdaptSign.</source>
        <translation>So ist das mitgelieferte Modell entstanden: Vortraining auf gezeichneten Standbildern, dann der Kopf, dann AdaptSign.</translation>
    </message>
    <message>
        <source>The program that trains, livegloss-cli, is not where it should be: %1. Install LiveGloss again.</source>
        <translation>Das Programm zum Trainieren, livegloss-cli, ist nicht an seinem Platz: %1. LiveGloss neu installieren.</translation>
    </message>
    <message>
        <source>The program that trains could not be started: %1</source>
        <translation>Das Programm zum Trainieren ließ sich nicht starten: %1</translation>
    </message>
    <message>
        <source>The system ended the process, mostly because memory ran short. Lower the clips per step, or adapt.cache_megabytes and adapt.keep_clips in the recipe&apos;s file, then go on.</source>
        <translation>Das System hat den Prozess beendet, meist aus Mangel an Arbeitsspeicher. Weniger Clips je Schritt einstellen oder in der Rezeptdatei adapt.cache_megabytes und adapt.keep_clips senken, dann fortsetzen.</translation>
    </message>
    <message>
        <source>The process ended unexpectedly. Its last checkpoint is kept. %1</source>
        <translation>Der Prozess ist unerwartet zu Ende gegangen. Sein letzter Zwischenstand bleibt erhalten. %1</translation>
    </message>
    <message>
        <source>%1 steps/s</source>
        <translation>%1 Schritte/s</translation>
    </message>
    <message>
        <source>%1 s/step</source>
        <translation>%1 s/Schritt</translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
    <message>
        <source>The folder holds the checkpoint of another recipe. Open %1 in Recipe to go on with it, or choose another folder.</source>
        <translation>Im Ordner liegt der Zwischenstand eines anderen Rezepts. Öffnen Sie unter „Rezept“ %1, um damit weiterzutrainieren, oder wählen Sie einen anderen Ordner.</translation>
    </message>
    <message>
        <source>The folder holds a checkpoint, but nothing says with which recipe it was made. Choose another folder, or copy that recipe to %1 if you know it.</source>
        <translation>Im Ordner liegt ein Zwischenstand, aber nirgends steht, mit welchem Rezept er entstanden ist. Wählen Sie einen anderen Ordner, oder kopieren Sie dieses Rezept nach %1, wenn Sie es kennen.</translation>
    </message>
    <message>
        <source>A checkpoint is in %1, without a note of how it was made. It goes on only with the recipe that lies there as recipe.json.</source>
        <translation>Ein Zwischenstand liegt in %1, ohne Angabe, wie er entstanden ist. Weiter geht es nur mit dem Rezept, das dort als recipe.json liegt.</translation>
    </message>
    <message>
        <source>Its checkpoint is in %1. To go on, raise the steps in Recipe.</source>
        <translation>Der Zwischenstand liegt in %1. Zum Weitertrainieren unter „Rezept“ die Schritte erhöhen.</translation>
    </message>
    <message>
        <source>Pre-training is finished</source>
        <translation>Das Vortraining ist abgeschlossen</translation>
    </message>
    <message>
        <source>What it made is in %1. Resume goes on with the head and adaptation.</source>
        <translation>Sein Ergebnis liegt in %1. „Fortsetzen“ geht mit Kopf und Anpassung weiter.</translation>
    </message>
    <message>
        <source>Media damaged</source>
        <translation>Medium beschädigt</translation>
    </message>
    <message>
        <source>The model to start from is not there. Choose its file.</source>
        <translation>Das Modell, von dem ausgegangen wird, ist nicht da. Wählen Sie seine Datei.</translation>
    </message>
</context>
<context>
    <name>TrainingCharts</name>
    <message>
        <source>CTC of the sequence</source>
        <translation>CTC der Sequenz</translation>
    </message>
    <message>
        <source>CTC of the convolutions</source>
        <translation>CTC der Faltungen</translation>
    </message>
    <message>
        <source>Distillation</source>
        <translation>Destillation</translation>
    </message>
    <message>
        <source>Word error rate on dev</source>
        <translation>Wortfehlerrate auf dev</translation>
    </message>
    <message>
        <source>Loss of the head</source>
        <translation>Verlust des Kopfes</translation>
    </message>
    <message>
        <source>Contrast of pictures and captions</source>
        <translation>Kontrast von Bildern und Beschreibungen</translation>
    </message>
    <message>
        <source>Contrast of single words</source>
        <translation>Kontrast einzelner Wörter</translation>
    </message>
    <message>
        <source>Contrast of hands and face</source>
        <translation>Kontrast von Händen und Gesicht</translation>
    </message>
    <message>
        <source>Right captions in a group</source>
        <translation>Richtige Beschreibungen in der Gruppe</translation>
    </message>
    <message>
        <source>Losses</source>
        <translation>Verluste</translation>
    </message>
    <message>
        <source>Pre-training</source>
        <translation>Vortraining</translation>
    </message>
    <message>
        <source>Head alone</source>
        <translation>Nur der Kopf</translation>
    </message>
    <message>
        <source>Adaptation</source>
        <translation>Anpassung</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::AboutDialog</name>
    <message>
        <source>About LiveGloss</source>
        <translation>Über LiveGloss</translation>
    </message>
    <message>
        <source>Recognises continuous sign language live and shows where the network looks. Video never leaves this computer. Free software under the Apache License 2.0.</source>
        <translation>Erkennt fortlaufende Gebärdensprache live und zeigt, wohin das Netz schaut. Kein Video verlässt diesen Computer. Freie Software unter der Apache-Lizenz 2.0.</translation>
    </message>
    <message>
        <source>No model is loaded.</source>
        <translation>Es ist kein Modell geladen.</translation>
    </message>
    <message>
        <source>Model: %1, %2 signs</source>
        <translation>Modell: %1, %2 Gebärden</translation>
    </message>
    <message>
        <source>Licence of the model: %1</source>
        <translation>Lizenz des Modells: %1</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::AddressDialog</name>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Network Stream</source>
        <translation>Netzwerkstream</translation>
    </message>
    <message>
        <source>&amp;Address of the stream</source>
        <translation>&amp;Adresse des Streams</translation>
    </message>
    <message>
        <source>Address of the stream</source>
        <translation>Adresse des Streams</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>http and https (Motion JPEG), rtsp or rtsps. The picture is only received; nothing is sent.</source>
        <translation>http und https (Motion JPEG), rtsp oder rtsps. Das Bild wird nur empfangen; gesendet wird nichts.</translation>
    </message>
    <message>
        <source>An address begins with http://, https://, rtsp:// or rtsps:// and names a computer.</source>
        <translation>Eine Adresse beginnt mit http://, https://, rtsp:// oder rtsps:// und nennt einen Computer.</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::AttentionLegend</name>
    <message>
        <source>Attention colours, from little to much</source>
        <translation>Farben der Aufmerksamkeit, von wenig bis viel</translation>
    </message>
    <message>
        <source>Where the last block of the network looks in this frame, compared with the whole clip.
Attention shows what was weighed, not why a gloss was chosen.</source>
        <translation>Wohin der letzte Block des Netzes in diesem Bild schaut, verglichen mit dem ganzen Video.
Aufmerksamkeit zeigt, was gewichtet wurde, nicht warum eine Glosse gewählt wurde.</translation>
    </message>
    <message>
        <source>little</source>
        <translation>wenig</translation>
    </message>
    <message>
        <source>attention</source>
        <translation>Aufmerksamkeit</translation>
    </message>
    <message>
        <source>much</source>
        <translation>viel</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::AttentionPanel</name>
    <message>
        <source>%1 (last)</source>
        <translation>%1 (letzter)</translation>
    </message>
    <message>
        <source>Mean of all</source>
        <translation>Mittel aller</translation>
    </message>
    <message>
        <source>None: exact, may flicker</source>
        <translation>Keine: genau, kann flackern</translation>
    </message>
    <message>
        <source>Over %1 s</source>
        <translation>Über %1 s</translation>
    </message>
    <message>
        <source>%1: %2 % on the class token, %3 % on the prefixes, the rest on the patches</source>
        <translation>%1: %2 % auf dem Klassen-Token, %3 % auf den Präfixen, der Rest auf den Feldern</translation>
    </message>
    <message>
        <source>%1: %2 % on the class token, the rest on the patches</source>
        <translation>%1: %2 % auf dem Klassen-Token, der Rest auf den Feldern</translation>
    </message>
    <message>
        <source>Learnt temporal weight: %1</source>
        <translation>Gelerntes Zeitgewicht: %1</translation>
    </message>
    <message>
        <source>What is shown</source>
        <translation>Was gezeigt wird</translation>
    </message>
    <message>
        <source>What the colours mean</source>
        <translation>Was die Farben bedeuten</translation>
    </message>
    <message>
        <source>Drawing</source>
        <translation>Darstellung</translation>
    </message>
    <message>
        <source>Attention of</source>
        <translation>Ausgehend von</translation>
    </message>
    <message>
        <source>Block</source>
        <translation>Block</translation>
    </message>
    <message>
        <source>Head</source>
        <translation>Kopf</translation>
    </message>
    <message>
        <source>Colours</source>
        <translation>Farben</translation>
    </message>
    <message>
        <source>Scale</source>
        <translation>Skala</translation>
    </message>
    <message>
        <source>Smoothing in time</source>
        <translation>Zeitliche Glättung</translation>
    </message>
    <message>
        <source>Opacity</source>
        <translation>Deckkraft</translation>
    </message>
    <message>
        <source>%1: %2 on the class token, %3 on the prefixes</source>
        <translation>%1: %2 auf dem Klassen-Token, %3 auf den Präfixen</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::AttentionSheet</name>
    <message>
        <source>frame %1 · %2 s</source>
        <translation>Bild %1 · %2 s</translation>
    </message>
    <message>
        <source>class token %1 %, prefixes %2 %</source>
        <translation>Klassen-Token %1 %, Präfixe %2 %</translation>
    </message>
    <message>
        <source>class token %1 %</source>
        <translation>Klassen-Token %1 %</translation>
    </message>
    <message>
        <source>least</source>
        <translation>am wenigsten</translation>
    </message>
    <message>
        <source>most</source>
        <translation>am meisten</translation>
    </message>
    <message>
        <source>without a name</source>
        <translation>ohne Namen</translation>
    </message>
    <message>
        <source>Model: %1</source>
        <translation>Modell: %1</translation>
    </message>
    <message>
        <source>What the network does not see is dimmed. %1 LiveGloss %2</source>
        <translation>Was das Netz nicht sieht, ist abgedunkelt. %1 LiveGloss %2</translation>
    </message>
    <message>
        <source>Video</source>
        <translation>Video</translation>
    </message>
    <message>
        <source>Learnt temporal weight: %1 (one frame is %2 s)</source>
        <translation>Gelerntes Zeitgewicht: %1 (ein Bild dauert %2 s)</translation>
    </message>
    <message>
        <source>frame %1</source>
        <translation>Bild %1</translation>
    </message>
    <message>
        <source>t = %1 s</source>
        <translation>t = %1 s</translation>
    </message>
    <message>
        <source>with the attention of %1 s</source>
        <translation>mit der Aufmerksamkeit bei %1 s</translation>
    </message>
    <message>
        <source>with the attention of frame %1, %2 s</source>
        <translation>mit der Aufmerksamkeit von Bild %1, %2 s</translation>
    </message>
    <message>
        <source>class token %1, prefixes %2</source>
        <translation>Klassen-Token %1, Präfixe %2</translation>
    </message>
    <message>
        <source>clip as far as seen, 2nd to 98th percentile</source>
        <translation>Video, soweit gesehen, 2. bis 98. Perzentil</translation>
    </message>
    <message>
        <source>mean, over t</source>
        <translation>Mittel, über t</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::AttentionTexts</name>
    <message>
        <source>AdaptSign</source>
        <translation>AdaptSign</translation>
    </message>
    <message>
        <source>Frozen backbone</source>
        <translation>Eingefrorenes Bildmodell</translation>
    </message>
    <message>
        <source>Frozen beside AdaptSign</source>
        <translation>Eingefroren neben AdaptSign</translation>
    </message>
    <message>
        <source>Difference</source>
        <translation>Unterschied</translation>
    </message>
    <message>
        <source>Across frames</source>
        <translation>Über Bilder hinweg</translation>
    </message>
    <message>
        <source>How AdaptSign spreads its attention over the patches of a frame, with adapters and prefixes.</source>
        <translation>Wie AdaptSign mit Adaptern und Präfixen seine Aufmerksamkeit auf die Felder eines Bildes verteilt.</translation>
    </message>
    <message>
        <source>The same of the image model that AdaptSign was built on, without adapters and prefixes.</source>
        <translation>Dasselbe beim Bildmodell, auf dem AdaptSign aufbaut, ohne Adapter und Präfixe.</translation>
    </message>
    <message>
        <source>Both at the same moment: left before adaptation, right after it.</source>
        <translation>Beides im selben Moment: links vor der Anpassung, rechts danach.</translation>
    </message>
    <message>
        <source>AdaptSign&apos;s attention minus that of the frozen backbone: orange gained, blue lost.</source>
        <translation>Die Aufmerksamkeit von AdaptSign minus die des eingefrorenen Bildmodells: Orange kam hinzu, Blau ging verloren.</translation>
    </message>
    <message>
        <source>Class token</source>
        <translation>Klassen-Token</translation>
    </message>
    <message>
        <source>Aggregation query</source>
        <translation>Sammelanfrage</translation>
    </message>
    <message>
        <source>Chosen patch</source>
        <translation>Gewähltes Feld</translation>
    </message>
    <message>
        <source>The token that stands for the whole frame.</source>
        <translation>Das Token, das für das ganze Bild steht.</translation>
    </message>
    <message>
        <source>The learnt query with which AdaptSign gathers what each block found.</source>
        <translation>Die gelernte Anfrage, mit der AdaptSign einsammelt, was jeder Block gefunden hat.</translation>
    </message>
    <message>
        <source>The patch in the red box: click another in the picture, or move the box with the arrow keys.</source>
        <translation>Das Feld im roten Rahmen: Klicken Sie im Bild ein anderes an oder bewegen Sie den Rahmen mit den Pfeiltasten.</translation>
    </message>
    <message>
        <source>Per clip</source>
        <translation>Je Video</translation>
    </message>
    <message>
        <source>Absolute</source>
        <translation>Absolut</translation>
    </message>
    <message>
        <source>Per frame</source>
        <translation>Je Bild</translation>
    </message>
    <message>
        <source>The colours run from the 2nd to the 98th percentile of the clip so far: frames are comparable.</source>
        <translation>Die Farben reichen vom 2. bis zum 98. Perzentil des bisherigen Videos: Bilder sind vergleichbar.</translation>
    </message>
    <message>
        <source>The colours mean the same in every clip and model: up to eight times the share that looking everywhere alike would give.</source>
        <translation>Die Farben bedeuten in jedem Video und Modell dasselbe: bis zum Achtfachen dessen, was ein überall gleicher Blick ergäbe.</translation>
    </message>
    <message>
        <source>The colours run from the least to the most of each frame: every frame looks equally sure, even where the network is not.</source>
        <translation>Die Farben reichen vom kleinsten bis zum größten Wert jedes Bildes: Jedes Bild wirkt gleich sicher, auch wo das Netz es nicht ist.</translation>
    </message>
    <message>
        <source>Inferno</source>
        <translation>Inferno</translation>
    </message>
    <message>
        <source>Cividis</source>
        <translation>Cividis</translation>
    </message>
    <message>
        <source>Viridis</source>
        <translation>Viridis</translation>
    </message>
    <message>
        <source>Grey</source>
        <translation>Grau</translation>
    </message>
    <message>
        <source>Contour lines</source>
        <translation>Höhenlinien</translation>
    </message>
    <message>
        <source>Jet, as in the paper</source>
        <translation>Jet, wie im Artikel</translation>
    </message>
    <message>
        <source>from the class token</source>
        <translation>vom Klassen-Token aus</translation>
    </message>
    <message>
        <source>from the aggregation query</source>
        <translation>von der Sammelanfrage aus</translation>
    </message>
    <message>
        <source>from the patch in row %1, column %2</source>
        <translation>vom Feld in Zeile %1, Spalte %2 aus</translation>
    </message>
    <message>
        <source>Cross-frame weights sigmoid(a) − 0.5, %1</source>
        <translation>Gewichte zwischen Bildern, sigmoid(a) − 0,5, %1</translation>
    </message>
    <message>
        <source>head %1 of %2</source>
        <translation>Kopf %1 von %2</translation>
    </message>
    <message>
        <source>its only head</source>
        <translation>einziger Kopf</translation>
    </message>
    <message>
        <source>mean of %1 heads</source>
        <translation>Mittel aus %1 Köpfen</translation>
    </message>
    <message>
        <source>Attention in block %1 of %2, %3, %4</source>
        <translation>Aufmerksamkeit in Block %1 von %2, %3, %4</translation>
    </message>
    <message>
        <source>Frozen</source>
        <translation>Eingefroren</translation>
    </message>
    <message>
        <source>AdaptSign − frozen</source>
        <translation>AdaptSign − eingefroren</translation>
    </message>
    <message>
        <source>Cross-frame weight</source>
        <translation>Gewicht zwischen Bildern</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>per clip, 2nd to 98th percentile</source>
        <translation>je Video, 2. bis 98. Perzentil</translation>
    </message>
    <message>
        <source>absolute, the same for every clip</source>
        <translation>absolut, für jedes Video gleich</translation>
    </message>
    <message>
        <source>each frame by itself</source>
        <translation>jedes Bild für sich</translation>
    </message>
    <message>
        <source>Attention shows what was weighed. It does not prove why a gloss was chosen.</source>
        <translation>Aufmerksamkeit zeigt, was gewichtet wurde. Sie beweist nicht, warum eine Glosse gewählt wurde.</translation>
    </message>
    <message>
        <source>no response</source>
        <translation>keine Reaktion</translation>
    </message>
    <message>
        <source>copy at the clip&apos;s end or a jump</source>
        <translation>Kopie am Rand oder nach Sprung</translation>
    </message>
    <message>
        <source>outside the clip</source>
        <translation>außerhalb des Videos</translation>
    </message>
    <message>
        <source>sigmoid(a) − 0.5 per patch</source>
        <translation>sigmoid(a) − 0,5</translation>
    </message>
    <message>
        <source>share per patch</source>
        <translation>Anteil je Feld</translation>
    </message>
    <message>
        <source>How strongly this frame takes up each patch of the frames around it and of itself: orange emphasises, blue suppresses, pale is left alone. The large picture is the mean over these frames.</source>
        <translation>Wie stark dieses Bild jedes Feld der Bilder um sich und seiner selbst aufnimmt: Orange hebt hervor, Blau unterdrückt, Blasses bleibt unberührt. Das große Bild ist das Mittel über diese Bilder.</translation>
    </message>
    <message>
        <source>The colours mean the same in every clip and model: up to four times the share that looking everywhere alike would give, less or more.</source>
        <translation>Die Farben bedeuten in jedem Video und Modell dasselbe: bis zum Vierfachen des Anteils, den gleichmäßiges Hinsehen ergäbe, weniger oder mehr.</translation>
    </message>
    <message>
        <source>The colours mean the same in every clip and model: from −0.5 to +0.5, the least and the most that a weight can be.</source>
        <translation>Die Farben bedeuten in jedem Video und Modell dasselbe: von −0,5 bis +0,5, dem kleinsten und dem größten möglichen Gewicht.</translation>
    </message>
    <message>
        <source>not used by this model</source>
        <translation>von diesem Modell nicht benutzt</translation>
    </message>
    <message>
        <source>Class-token share and prefix share: the parts of the attention that rest on the token that stands for the whole frame, and on the learnt prefixes together. The picture shows how the rest is spread over the patches.</source>
        <translation>Anteile von Klassen-Token und Präfixen: die Teile der Aufmerksamkeit, die auf dem Token für das ganze Bild und auf allen gelernten Präfixen zusammen liegen. Das Bild zeigt, wie sich der Rest auf die Felder verteilt.</translation>
    </message>
    <message>
        <source>Learnt temporal weight: what the sum over all these patches is multiplied with before it is added to the frame. Near zero the model makes little use of the frames around, however bright the picture.</source>
        <translation>Gelerntes Zeitgewicht: womit die Summe über alle diese Felder malgenommen wird, bevor sie zum Bild hinzukommt. Nahe null nutzt das Modell die Bilder ringsum kaum, so kräftig die Farben auch sind.</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::AttentionTour</name>
    <message>
        <source>The network sees patches</source>
        <translation>Das Netz sieht Felder</translation>
    </message>
    <message>
        <source>Bright means weighed more</source>
        <translation>Hell heißt stärker gewichtet</translation>
    </message>
    <message>
        <source>Before and after adaptation</source>
        <translation>Vor und nach der Anpassung</translation>
    </message>
    <message>
        <source>Look, but do not conclude</source>
        <translation>Ansehen, aber nicht folgern</translation>
    </message>
    <message>
        <source>The frame is cut into small squares. What lies outside the bright window is never seen. Click a square to ask where it looks; the arrow keys move the red box.</source>
        <translation>Das Bild wird in kleine Quadrate geteilt. Was außerhalb des hellen Fensters liegt, sieht das Netz nie. Klicken Sie ein Quadrat an, um zu fragen, wohin es blickt; die Pfeiltasten bewegen den roten Rahmen.</translation>
    </message>
    <message>
        <source>The colours show how attention is shared out. The bar below gives the numbers. With the scale per clip, frames can be compared with one another.</source>
        <translation>Die Farben zeigen, wie die Aufmerksamkeit verteilt ist. Der Balken darunter nennt die Zahlen. Mit der Skala je Video lassen sich Bilder miteinander vergleichen.</translation>
    </message>
    <message>
        <source>“Frozen beside AdaptSign” shows the image model before and after it learnt signs. “Across frames” shows what a frame takes from its neighbours.</source>
        <translation>„Eingefroren neben AdaptSign“ zeigt das Bildmodell, bevor und nachdem es Gebärden gelernt hat. „Über Bilder hinweg“ zeigt, was ein Bild von seinen Nachbarn übernimmt.</translation>
    </message>
    <message>
        <source>Attention says what was weighed, not why a gloss was chosen. A bright hand is a hint for a question, not an answer.</source>
        <translation>Aufmerksamkeit sagt, was gewichtet wurde, nicht, warum eine Glosse gewählt wurde. Eine helle Hand ist Anlass für eine Frage, keine Antwort.</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 von %2</translation>
    </message>
    <message>
        <source>Skip</source>
        <translation>Überspringen</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Zurück</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>Fertig</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>Weiter</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::AttentionView</name>
    <message>
        <source>smoothed over %1 s</source>
        <translation>geglättet über %1 s</translation>
    </message>
    <message>
        <source>Video with attention</source>
        <translation>Video mit Aufmerksamkeit</translation>
    </message>
    <message>
        <source>Arrow keys move the red box.</source>
        <translation>Die Pfeiltasten bewegen den roten Rahmen.</translation>
    </message>
    <message>
        <source>Click a patch to see its attention.</source>
        <translation>Klicken Sie ein Feld an, um seine Aufmerksamkeit zu sehen.</translation>
    </message>
    <message>
        <source>Patch in row %1, column %2</source>
        <translation>Feld in Zeile %1, Spalte %2</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::AttentionWorkspace</name>
    <message>
        <source>Loading the model…</source>
        <translation>Das Modell wird geladen …</translation>
    </message>
    <message>
        <source>Without a model there is no attention.</source>
        <translation>Ohne Modell gibt es keine Aufmerksamkeit.</translation>
    </message>
    <message>
        <source>The frozen backbone is a second network. Live, it is computed when there is time, so the picture moves at a lower rate; paused, and in files, every frame is exact.</source>
        <translation>Das eingefrorene Bildmodell ist ein zweites Netz. Live wird es berechnet, wenn Zeit ist; das Bild läuft daher mit geringerer Rate. Angehalten und in Dateien ist jedes Bild genau.</translation>
    </message>
    <message>
        <source>The model cannot keep up, so attention appears late. Pause to see it.</source>
        <translation>Das Modell kommt nicht mit, daher erscheint die Aufmerksamkeit verspätet. Halten Sie an, um sie zu sehen.</translation>
    </message>
    <message>
        <source>%1 · %2</source>
        <translation>%1 · %2</translation>
    </message>
    <message>
        <source>Attention</source>
        <translation>Aufmerksamkeit</translation>
    </message>
    <message>
        <source>Show the Introduction Again</source>
        <translation>Einführung noch einmal zeigen</translation>
    </message>
    <message>
        <source>Try Again</source>
        <translation>Erneut versuchen</translation>
    </message>
    <message>
        <source>Attention cannot be shown. %1</source>
        <translation>Die Aufmerksamkeit lässt sich nicht zeigen. %1</translation>
    </message>
    <message>
        <source>Sheet and video</source>
        <translation>Bildtafel und Video</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::CameraSign</name>
    <message>
        <source>Camera on</source>
        <translation>Kamera an</translation>
    </message>
    <message>
        <source>The camera is on. Nothing is recorded.</source>
        <translation>Die Kamera ist an. Nichts wird aufgezeichnet.</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::CaptionSettings</name>
    <message>
        <source>Captions</source>
        <translation>Untertitel</translation>
    </message>
    <message>
        <source>&amp;Size</source>
        <translation>&amp;Größe</translation>
    </message>
    <message>
        <source> px</source>
        <translation> px</translation>
    </message>
    <message>
        <source>Fo&amp;nt</source>
        <translation>Schr&amp;ift</translation>
    </message>
    <message>
        <source>As the desktop</source>
        <translation>Wie der Desktop</translation>
    </message>
    <message>
        <source>&amp;Colour</source>
        <translation>&amp;Farbe</translation>
    </message>
    <message>
        <source>White</source>
        <translation>Weiß</translation>
    </message>
    <message>
        <source>Yellow</source>
        <translation>Gelb</translation>
    </message>
    <message>
        <source>Cyan</source>
        <translation>Cyan</translation>
    </message>
    <message>
        <source>Green</source>
        <translation>Grün</translation>
    </message>
    <message>
        <source>Back&amp;ground</source>
        <translation>Hi&amp;ntergrund</translation>
    </message>
    <message>
        <source>Nearly black</source>
        <translation>Fast schwarz</translation>
    </message>
    <message>
        <source>Black</source>
        <translation>Schwarz</translation>
    </message>
    <message>
        <source>Dark blue</source>
        <translation>Dunkelblau</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::CaptionView</name>
    <message>
        <source>%1 at %2, confidence %3</source>
        <translation>%1 bei %2, Sicherheit %3</translation>
    </message>
    <message>
        <source>Provisional: may still change</source>
        <translation>Vorläufig: kann sich noch ändern</translation>
    </message>
    <message>
        <source>or %1, %2</source>
        <translation>oder %1, %2</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::CaptionWindow</name>
    <message>
        <source>Captions – LiveGloss</source>
        <translation>Untertitel – LiveGloss</translation>
    </message>
    <message>
        <source>Captions appear here. Escape closes this window.</source>
        <translation>Hier erscheinen die Untertitel. Escape schließt dieses Fenster.</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::CellRow</name>
    <message>
        <source>%1 of %2: %3</source>
        <translation>%1 von %2: %3</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::DataPage</name>
    <message>
        <source>Choose Data Set</source>
        <translation>Datensatz wählen</translation>
    </message>
    <message>
        <source>The data set could not be checked. %1</source>
        <translation>Der Datensatz ließ sich nicht prüfen. %1</translation>
    </message>
    <message>
        <source>%1 of %2 clips</source>
        <translation>%1 von %2 Clips</translation>
    </message>
    <message>
        <source>Reading the lists…</source>
        <translation>Die Listen werden gelesen …</translation>
    </message>
    <message>
        <source>There is no such folder.</source>
        <translation>Diesen Ordner gibt es nicht.</translation>
    </message>
    <message>
        <source>The check says for every clip whether it can be used; with the quick one only the first picture of a clip is decoded.</source>
        <translation>Die Prüfung sagt für jeden Clip, ob er brauchbar ist; bei der schnellen wird nur das erste Bild eines Clips dekodiert.</translation>
    </message>
    <message>
        <source>different glosses: %1</source>
        <translation>verschiedene Glossen: %1</translation>
    </message>
    <message>
        <source>Nothing is wrong.</source>
        <translation>Alles in Ordnung.</translation>
    </message>
    <message>
        <source>All kinds (%1)</source>
        <translation>Alle Arten (%1)</translation>
    </message>
    <message>
        <source>Save Problems</source>
        <translation>Probleme speichern</translation>
    </message>
    <message>
        <source>Table (*.tsv)</source>
        <translation>Tabelle (*.tsv)</translation>
    </message>
    <message>
        <source>Not saved. %1</source>
        <translation>Nicht gespeichert. %1</translation>
    </message>
    <message>
        <source>What is learnt from</source>
        <translation>Woraus gelernt wird</translation>
    </message>
    <message>
        <source>Drawn sentences</source>
        <translation>Gezeichnete Sätze</translation>
    </message>
    <message>
        <source>The synthetic signer draws as many sentences as are wanted, so that training can be tried without any data. A model learns its invented signs only.</source>
        <translation>Die gezeichnete Gebärdenfigur liefert beliebig viele Sätze, sodass sich das Training ganz ohne Daten ausprobieren lässt. Ein Modell lernt dabei nur ihre erfundenen Gebärden.</translation>
    </message>
    <message>
        <source>A data set on this computer</source>
        <translation>Ein Datensatz auf diesem Rechner</translation>
    </message>
    <message>
        <source>PHOENIX-2014, PHOENIX-2014-T, CSL, CSL-Daily, your own videos with a dataset.tsv, or what livegloss-cli synth wrote.</source>
        <translation>PHOENIX-2014, PHOENIX-2014-T, CSL, CSL-Daily, eigene Videos mit einer dataset.tsv oder was livegloss-cli synth geschrieben hat.</translation>
    </message>
    <message>
        <source>Folder of the data set</source>
        <translation>Ordner des Datensatzes</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>Wählen …</translation>
    </message>
    <message>
        <source>Choose the folder of the data set</source>
        <translation>Den Ordner des Datensatzes wählen</translation>
    </message>
    <message>
        <source>Check</source>
        <translation>Prüfen</translation>
    </message>
    <message>
        <source>Look at every clip and say what is wrong with it</source>
        <translation>Jeden Clip ansehen und sagen, was nicht stimmt</translation>
    </message>
    <message>
        <source>Quick</source>
        <translation>Schnell</translation>
    </message>
    <message>
        <source>Decode only the first picture of each clip that states its length</source>
        <translation>Nur das erste Bild jedes Clips dekodieren, der seine Länge angibt</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Progress of the check</source>
        <translation>Fortschritt der Prüfung</translation>
    </message>
    <message>
        <source>Part</source>
        <translation>Teil</translation>
    </message>
    <message>
        <source>Clips</source>
        <translation>Clips</translation>
    </message>
    <message>
        <source>Signers</source>
        <translation>Gebärdende</translation>
    </message>
    <message>
        <source>Glosses</source>
        <translation>Glossen</translation>
    </message>
    <message>
        <source>Frames</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>Parts of the data set</source>
        <translation>Teile des Datensatzes</translation>
    </message>
    <message>
        <source>Problems</source>
        <translation>Probleme</translation>
    </message>
    <message>
        <source>Kind of problem</source>
        <translation>Art des Problems</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Copy the selected problems, or all that are shown</source>
        <translation>Die ausgewählten Probleme kopieren, oder alle gezeigten</translation>
    </message>
    <message>
        <source>Save…</source>
        <translation>Speichern …</translation>
    </message>
    <message>
        <source>Save the problems that are shown as a table</source>
        <translation>Die gezeigten Probleme als Tabelle speichern</translation>
    </message>
    <message>
        <source>Next: Recipe</source>
        <translation>Weiter: Rezept</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::EarlierGlosses</name>
    <message>
        <source>Unsaved Glosses</source>
        <translation>Nicht gespeicherte Glossen</translation>
    </message>
    <message>
        <source>Save the recognised glosses before closing?</source>
        <translation>Die erkannten Glossen vor dem Schließen speichern?</translation>
    </message>
    <message>
        <source>Close &amp;Without Saving</source>
        <translation>&amp;Ohne Speichern schließen</translation>
    </message>
    <message>
        <source>What a camera or a stream showed cannot be recognised again later.</source>
        <translation>Was eine Kamera oder ein Stream gezeigt hat, lässt sich später nicht noch einmal erkennen.</translation>
    </message>
    <message>
        <source>%1, %2, glosses: %3</source>
        <translation>%1, %2, Glossen: %3</translation>
    </message>
    <message>
        <source>&amp;Earlier Glosses</source>
        <translation>&amp;Frühere Glossen</translation>
    </message>
    <message>
        <source>Save these glosses; they are kept until they are saved or given up</source>
        <translation>Diese Glossen speichern; sie bleiben, bis sie gespeichert oder aufgegeben sind</translation>
    </message>
    <message>
        <source>Glosses that were not saved last time: %1 (File, Earlier Glosses)</source>
        <translation>Beim letzten Mal nicht gespeicherte Glossen: %1 (Datei, Frühere Glossen)</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::FilmStrip</name>
    <message>
        <source>Cross-frame weights over the neighbouring frames</source>
        <translation>Gewichte zwischen Bildern über den Nachbarbildern</translation>
    </message>
    <message>
        <source>The frames around this one appear here.</source>
        <translation>Hier erscheinen die Bilder um dieses herum.</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::FindingModel</name>
    <message>
        <source>Problem</source>
        <translation>Problem</translation>
    </message>
    <message>
        <source>Clip</source>
        <translation>Clip</translation>
    </message>
    <message>
        <source>Part</source>
        <translation>Teil</translation>
    </message>
    <message>
        <source>What is wrong</source>
        <translation>Was nicht stimmt</translation>
    </message>
    <message>
        <source>Listed in</source>
        <translation>Aufgeführt in</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::GlossExport</name>
    <message>
        <source>SubRip subtitles</source>
        <translation>SubRip-Untertitel</translation>
    </message>
    <message>
        <source>WebVTT subtitles</source>
        <translation>WebVTT-Untertitel</translation>
    </message>
    <message>
        <source>Table</source>
        <translation>Tabelle</translation>
    </message>
    <message>
        <source>Times for scoring, CTM</source>
        <translation>Zeiten zum Auswerten, CTM</translation>
    </message>
    <message>
        <source>JSON</source>
        <translation>JSON</translation>
    </message>
    <message>
        <source>Glosses in one line</source>
        <translation>Glossen in einer Zeile</translation>
    </message>
    <message>
        <source>Save Glosses</source>
        <translation>Glossen speichern</translation>
    </message>
    <message>
        <source>Glosses %1</source>
        <translation>Glossen %1</translation>
    </message>
    <message>
        <source>The glosses were not saved</source>
        <translation>Die Glossen wurden nicht gespeichert</translation>
    </message>
    <message>
        <source>“%1” does not say in which format. End the name in .srt, .vtt, .csv, .ctm, .json or .txt.</source>
        <translation>„%1“ sagt nicht, in welchem Format. Der Name muss auf .srt, .vtt, .csv, .ctm, .json oder .txt enden.</translation>
    </message>
    <message>
        <source>Glosses saved in %1: %2</source>
        <translation>In %1 gespeicherte Glossen: %2</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::GlossPanel</name>
    <message>
        <source>Save Gloss</source>
        <translation>Glosse speichern</translation>
    </message>
    <message>
        <source>Picture (*.png);;Vector drawing (*.svg);;PDF document (*.pdf)</source>
        <translation>Bild (*.png);;Vektorgrafik (*.svg);;PDF-Dokument (*.pdf)</translation>
    </message>
    <message>
        <source>No gloss was recognised yet</source>
        <translation>Noch keine Glosse erkannt</translation>
    </message>
    <message>
        <source>Choose a gloss</source>
        <translation>Glosse wählen</translation>
    </message>
    <message>
        <source>Only the glosses of a video file can be looked at again.</source>
        <translation>Nur die Glossen einer Videodatei lassen sich noch einmal ansehen.</translation>
    </message>
    <message>
        <source>Saved as %1</source>
        <translation>Gespeichert als %1</translation>
    </message>
    <message>
        <source>One gloss</source>
        <translation>Eine Glosse</translation>
    </message>
    <message>
        <source>Gloss to look at</source>
        <translation>Glosse zum Ansehen</translation>
    </message>
    <message>
        <source>Where the network looked while this gloss was signed</source>
        <translation>Wohin das Netz schaute, während diese Glosse gebärdet wurde</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Looking at the gloss</source>
        <translation>Die Glosse wird angesehen</translation>
    </message>
    <message>
        <source>Save Gloss…</source>
        <translation>Glosse speichern …</translation>
    </message>
    <message>
        <source>Write this gloss as a picture or document</source>
        <translation>Diese Glosse als Bild oder Dokument schreiben</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::GlossTexts</name>
    <message>
        <source>%1 to %2 s</source>
        <translation>%1 bis %2 s</translation>
    </message>
    <message>
        <source>%1 %2 %</source>
        <translation>%1 %2 %</translation>
    </message>
    <message>
        <source>Confidence %1 %; no other gloss came close.</source>
        <translation>Sicherheit %1 %; keine andere Glosse kam in die Nähe.</translation>
    </message>
    <message>
        <source>Confidence %1 %; next were %2.</source>
        <translation>Sicherheit %1 %; danach kamen %2.</translation>
    </message>
    <message>
        <source>Mean over its frames</source>
        <translation>Mittel über ihre Bilder</translation>
    </message>
    <message>
        <source>Strongest frames</source>
        <translation>Stärkste Bilder</translation>
    </message>
    <message>
        <source>Second by second</source>
        <translation>Sekunde für Sekunde</translation>
    </message>
    <message>
        <source>Strongest: the three frames with the largest sum of differences, up or down.</source>
        <translation>Am stärksten: die drei Bilder mit der größten Summe der Unterschiede, nach oben oder unten.</translation>
    </message>
    <message>
        <source>Strongest: the three frames with the largest sum of weights across frames, up or down.</source>
        <translation>Am stärksten: die drei Bilder mit der größten Summe der Gewichte zwischen Bildern, nach oben oder unten.</translation>
    </message>
    <message>
        <source>Strongest: the three frames whose attention is the most concentrated (lowest entropy).</source>
        <translation>Am stärksten: die drei Bilder, deren Aufmerksamkeit am stärksten gebündelt ist (geringste Entropie).</translation>
    </message>
    <message>
        <source>over the frame at %1 s</source>
        <translation>über dem Bild bei %1 s</translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation>%1 s</translation>
    </message>
    <message>
        <source>%1 in %2</source>
        <translation>%1 in %2</translation>
    </message>
    <message>
        <source>Model: %1</source>
        <translation>Modell: %1</translation>
    </message>
    <message>
        <source>strongest first</source>
        <translation>stärkstes zuerst</translation>
    </message>
    <message>
        <source>mean of each second</source>
        <translation>Mittel jeder Sekunde</translation>
    </message>
    <message>
        <source>over this gloss, 2nd to 98th percentile</source>
        <translation>über diese Glosse, 2. bis 98. Perzentil</translation>
    </message>
    <message>
        <source>%1; frames that the network saw: %2</source>
        <translation>%1; Bilder, die das Netz sah: %2</translation>
    </message>
    <message>
        <source>%1, frames %2 to %3, of which the network saw %4</source>
        <translation>%1, Bilder %2 bis %3, davon sah das Netz %4</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::HintCard</name>
    <message>
        <source>Dotted glosses may still change; solid ones stay.</source>
        <translation>Gepunktete Glossen können sich noch ändern; die übrigen bleiben.</translation>
    </message>
    <message>
        <source>Bright patches show where the network looks. A switches them off.</source>
        <translation>Helle Flecken zeigen, wohin das Netz schaut. A schaltet sie aus.</translation>
    </message>
    <message>
        <source>Choose your own video or camera with Source, or drop a file here.</source>
        <translation>Wählen Sie unter Quelle ein eigenes Video oder eine Kamera, oder ziehen Sie eine Datei hierher.</translation>
    </message>
    <message>
        <source>First steps</source>
        <translation>Erste Schritte</translation>
    </message>
    <message>
        <source>Do not show these hints again</source>
        <translation>Diese Hinweise nicht mehr zeigen</translation>
    </message>
    <message>
        <source>Dismiss hints</source>
        <translation>Hinweise ausblenden</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::HistoryModel</name>
    <message>
        <source>added</source>
        <translation>ergänzt</translation>
    </message>
    <message>
        <source>withdrawn</source>
        <translation>verworfen</translation>
    </message>
    <message>
        <source>was %1</source>
        <translation>war %1</translation>
    </message>
    <message>
        <source>%1 at %2, confidence %3</source>
        <translation>%1 bei %2, Sicherheit %3</translation>
    </message>
    <message>
        <source>%1 to %2</source>
        <translation>%1 bis %2</translation>
    </message>
    <message>
        <source>or %1, %2</source>
        <translation>oder %1, %2</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>Gloss</source>
        <translation>Glosse</translation>
    </message>
    <message>
        <source>Confidence</source>
        <translation>Sicherheit</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::HistoryPanel</name>
    <message>
        <source>Checking the whole clip…</source>
        <translation>Das ganze Video wird geprüft …</translation>
    </message>
    <message>
        <source>Glosses: %1, checked</source>
        <translation>Glossen: %1, geprüft</translation>
    </message>
    <message>
        <source>Glosses: %1</source>
        <translation>Glossen: %1</translation>
    </message>
    <message>
        <source>Recognised glosses are listed here with their time and confidence.</source>
        <translation>Hier stehen die erkannten Glossen mit Zeit und Sicherheit.</translation>
    </message>
    <message>
        <source>History of recognised glosses</source>
        <translation>Verlauf der erkannten Glossen</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::ImportDialog</name>
    <message>
        <source>Import</source>
        <translation>Importieren</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Import Checkpoint</source>
        <translation>Checkpoint importieren</translation>
    </message>
    <message>
        <source>Choose: %1</source>
        <translation>Auswählen: %1</translation>
    </message>
    <message>
        <source>All files</source>
        <translation>Alle Dateien</translation>
    </message>
    <message>
        <source>Checkpoints</source>
        <translation>Checkpoints</translation>
    </message>
    <message>
        <source>Checkpoint</source>
        <translation>Checkpoint</translation>
    </message>
    <message>
        <source>Gloss dictionary</source>
        <translation>Glossenverzeichnis</translation>
    </message>
    <message>
        <source>NumPy, JSON, or text with one gloss a line</source>
        <translation>NumPy, JSON oder Text mit einer Glosse je Zeile</translation>
    </message>
    <message>
        <source>Gloss dictionaries</source>
        <translation>Glossenverzeichnisse</translation>
    </message>
    <message>
        <source>Backbone</source>
        <translation>Backbone</translation>
    </message>
    <message>
        <source>only for a checkpoint of trained parts alone</source>
        <translation>nur wenn der Checkpoint allein trainierte Teile enthält</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Sign language</source>
        <translation>Gebärdensprache</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>Lizenz</translation>
    </message>
    <message>
        <source>of the weights</source>
        <translation>der Gewichte</translation>
    </message>
    <message>
        <source> per second</source>
        <translation> pro Sekunde</translation>
    </message>
    <message>
        <source>Frame rate</source>
        <translation>Bildrate</translation>
    </message>
    <message>
        <source>Progress of the import</source>
        <translation>Fortschritt des Imports</translation>
    </message>
    <message>
        <source>The folder %1 cannot be made.</source>
        <translation>Der Ordner %1 lässt sich nicht anlegen.</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>Auswählen …</translation>
    </message>
    <message>
        <source>DGS, CSL, …</source>
        <translation>DGS, CSL, …</translation>
    </message>
    <message>
        <source>As the file says</source>
        <translation>Wie die Datei angibt</translation>
    </message>
    <message>
        <source>QuickGELU (OpenAI&apos;s CLIP)</source>
        <translation>QuickGELU (CLIP von OpenAI)</translation>
    </message>
    <message>
        <source>GELU (most of open_clip&apos;s models)</source>
        <translation>GELU (die meisten Modelle von open_clip)</translation>
    </message>
    <message>
        <source>Activation</source>
        <translation>Aktivierung</translation>
    </message>
    <message>
        <source>Plain, from -1 to 1 (AdaptSign)</source>
        <translation>Einfach, von -1 bis 1 (AdaptSign)</translation>
    </message>
    <message>
        <source>By CLIP&apos;s mean and deviation</source>
        <translation>Nach Mittelwert und Abweichung von CLIP</translation>
    </message>
    <message>
        <source>Normalisation</source>
        <translation>Normierung</translation>
    </message>
    <message>
        <source>Looking into the file…</source>
        <translation>Die Datei wird untersucht …</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::ImportTexts</name>
    <message>
        <source>Left out: tensors of the optimiser and other parts of training (%1).</source>
        <translation>Weggelassen: Tensoren des Optimierers und anderer Teile des Trainings (%1).</translation>
    </message>
    <message>
        <source>Left out: tensors of CLIP&apos;s text side (%1).</source>
        <translation>Weggelassen: Tensoren der Textseite von CLIP (%1).</translation>
    </message>
    <message>
        <source>Left out: tensors of CoCa&apos;s attentional pooler (%1). AdaptSign works on the tokens before it.</source>
        <translation>Weggelassen: Tensoren des Attention-Poolers von CoCa (%1). AdaptSign arbeitet mit den Tokens davor.</translation>
    </message>
    <message>
        <source>Left out: tensors of no known use (%1), such as %2.</source>
        <translation>Weggelassen: Tensoren ohne bekannten Zweck (%1), zum Beispiel %2.</translation>
    </message>
    <message>
        <source>Left out: tensors that the network has no place for (%1), such as %2.</source>
        <translation>Weggelassen: Tensoren, für die das Netz keinen Platz hat (%1), zum Beispiel %2.</translation>
    </message>
    <message>
        <source>Colours are normalised by CLIP&apos;s mean and deviation.</source>
        <translation>Farben werden mit Mittelwert und Abweichung von CLIP normiert.</translation>
    </message>
    <message>
        <source>The frame rate is taken to be 25 per second.</source>
        <translation>Als Bildrate werden 25 pro Sekunde angenommen.</translation>
    </message>
    <message>
        <source>The frame rate is taken to be 30 per second, as in CSL-Daily and CSL.</source>
        <translation>Als Bildrate werden 30 Bilder pro Sekunde angenommen, wie bei CSL-Daily und CSL.</translation>
    </message>
    <message>
        <source>Activation: GELU, as CoCa has it.</source>
        <translation>Aktivierung: GELU, wie bei CoCa.</translation>
    </message>
    <message>
        <source>The last norm and projection are made anew, because the checkpoint&apos;s belong to the pooler; training learns them.</source>
        <translation>Letzte Normierung und Projektion werden neu angelegt, weil die des Checkpoints zum Pooler gehören; das Training lernt sie.</translation>
    </message>
    <message>
        <source>No licence is stated. Look it up before you pass the model on.</source>
        <translation>Es ist keine Lizenz angegeben. Vor einer Weitergabe des Modells bitte nachsehen.</translation>
    </message>
    <message>
        <source>The file does not say which activation its backbone uses; QuickGELU is assumed, as in OpenAI&apos;s models. Most of open_clip&apos;s own use GELU.</source>
        <translation>Die Datei sagt nicht, welche Aktivierung ihr Backbone verwendet; angenommen wird QuickGELU wie in den Modellen von OpenAI. Die meisten eigenen von open_clip verwenden GELU.</translation>
    </message>
    <message>
        <source>Without a gloss dictionary, glosses are shown as numbers.</source>
        <translation>Ohne Glossenverzeichnis werden Glossen als Zahlen gezeigt.</translation>
    </message>
    <message>
        <source>The weights are those of %1.</source>
        <translation>Die Gewichte sind die von %1.</translation>
    </message>
    <message>
        <source>Tensors from the backbone %1: %2.</source>
        <translation>Tensoren aus dem Backbone %1: %2.</translation>
    </message>
    <message>
        <source>The model knows %1 glosses, but %2 has %3: they do not belong together.</source>
        <translation>Das Modell kennt %1 Glossen, %2 hat aber %3: Sie gehören nicht zusammen.</translation>
    </message>
    <message>
        <source>Tensors that the network needs are missing (%1), first %2.</source>
        <translation>Tensoren, die das Netz braucht, fehlen (%1), als erster %2.</translation>
    </message>
    <message>
        <source>%1 has the shape %2, but the network needs %3.</source>
        <translation>%1 hat die Form %2, das Netz braucht aber %3.</translation>
    </message>
    <message>
        <source>%1 holds values of the type %2.</source>
        <translation>%1 enthält Werte vom Typ %2.</translation>
    </message>
    <message>
        <source>CLIP image tower: a backbone to train on, not a recogniser</source>
        <translation>Bildteil von CLIP: ein Backbone zum Trainieren, kein Erkenner</translation>
    </message>
    <message>
        <source>AdaptSign model, epoch %1</source>
        <translation>AdaptSign-Modell, Epoche %1</translation>
    </message>
    <message>
        <source>AdaptSign model</source>
        <translation>AdaptSign-Modell</translation>
    </message>
    <message>
        <source>%1 blocks of width %2, patches of %3 × %3 pixels, pictures of %4 × %4</source>
        <translation>%1 Blöcke der Breite %2, Patches von %3 × %3 Pixeln, Bilder von %4 × %4</translation>
    </message>
    <message>
        <source>Glosses: %1</source>
        <translation>Glossen: %1</translation>
    </message>
    <message>
        <source>%1 (%2, …)</source>
        <translation>%1 (%2, …)</translation>
    </message>
    <message>
        <source>%1 MB to be written</source>
        <translation>%1 MB werden geschrieben</translation>
    </message>
    <message>
        <source>Others like it: %1.</source>
        <translation>Weitere dieser Art: %1.</translation>
    </message>
    <message>
        <source>%1 is not the backbone that these parts were trained on: %2 tensors do not fit. Choose its own.</source>
        <translation>%1 ist nicht das Rückgrat, auf dem diese Teile trainiert wurden: %2 Tensoren passen nicht. Bitte das eigene wählen.</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::KeyField</name>
    <message>
        <source>Press a key</source>
        <translation>Taste drücken</translation>
    </message>
    <message>
        <source>No key</source>
        <translation>Keine Taste</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::LiveBadge</name>
    <message>
        <source>Frames waiting: %1</source>
        <translation>Wartende Bilder: %1</translation>
    </message>
    <message>
        <source>LIVE</source>
        <translation>LIVE</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::LiveCommands</name>
    <message>
        <source>Pause</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>Abspielen</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::LiveStatus</name>
    <message>
        <source>Source %1</source>
        <translation>Quelle %1</translation>
    </message>
    <message>
        <source>Encoded %1</source>
        <translation>Verarbeitet %1</translation>
    </message>
    <message>
        <source>Delay %1</source>
        <translation>Verzug %1</translation>
    </message>
    <message>
        <source>Dropped %1</source>
        <translation>Verworfen %1</translation>
    </message>
    <message>
        <source>Cannot keep up: the model takes %1 of %2 frames a second</source>
        <translation>Zu langsam: Das Modell schafft %1 von %2 Bildern je Sekunde</translation>
    </message>
    <message>
        <source>Not sure: this signing is unknown to the model</source>
        <translation>Unsicher: Diese Gebärden kennt das Modell nicht</translation>
    </message>
    <message>
        <source>Frames a second that the source gives</source>
        <translation>Bilder je Sekunde, die die Quelle liefert</translation>
    </message>
    <message>
        <source>Frames a second that the network takes</source>
        <translation>Bilder je Sekunde, die das Netz verarbeitet</translation>
    </message>
    <message>
        <source>From the capture of a frame to the caption that includes it</source>
        <translation>Von der Aufnahme eines Bildes bis zum Untertitel, der es enthält</translation>
    </message>
    <message>
        <source>What the network runs on, and its threads</source>
        <translation>Worauf das Netz rechnet, und mit wie vielen Threads</translation>
    </message>
    <message>
        <source>Frames taken: %1
Encoded: %2
Like the frame before: %3
Interpolated: %4
Dropped because the model was too slow: %5
Lost or damaged at the source: %6
Waiting for the model: %7</source>
        <translation>Aufgenommene Bilder: %1
Verarbeitet: %2
Wie das Bild davor: %3
Geschätzt: %4
Verworfen, weil das Modell zu langsam war: %5
An der Quelle verloren oder beschädigt: %6
Warten auf das Modell: %7</translation>
    </message>
    <message>
        <source>The graphics processor failed: the CPU goes on</source>
        <translation>Grafikprozessor ausgefallen: Die CPU macht weiter</translation>
    </message>
    <message>
        <source>Nothing was lost. Load the model again to go back to the graphics processor.</source>
        <translation>Verloren ging nichts. Laden Sie das Modell neu, um den Grafikprozessor wieder zu nutzen.</translation>
    </message>
    <message>
        <source>A smaller model, or fewer programs at the same time, would help.</source>
        <translation>Ein kleineres Modell oder weniger Programme zur selben Zeit würden helfen.</translation>
    </message>
    <message>
        <source>Every 2nd frame: this computer is too slow for all %1</source>
        <translation>Jedes 2. Bild: Der Computer ist zu langsam für alle %1</translation>
    </message>
    <message>
        <source>Every 3rd frame: this computer is too slow for all %1</source>
        <translation>Jedes 3. Bild: Der Computer ist zu langsam für alle %1</translation>
    </message>
    <message>
        <source>What lies between is estimated, so some signs may be missed. A smaller model, or fewer programs at the same time, would help; Frames in the settings changes it.</source>
        <translation>Was dazwischen liegt, wird geschätzt; dabei können Gebärden verloren gehen. Ein kleineres Modell oder weniger Programme zur selben Zeit würden helfen; „Bilder“ in den Einstellungen ändert es.</translation>
    </message>
    <message>
        <source>Captions are %1 s of the video behind: the model takes %2 frames a second</source>
        <translation>Untertitel liegen %1 s des Videos zurück: Das Modell schafft %2 Bilder je Sekunde</translation>
    </message>
    <message>
        <source>None of these frames is lost, and captions keep their moments. A smaller model or a slower rate of playback would help.</source>
        <translation>Keines dieser Bilder geht verloren, und Untertitel behalten ihre Zeitpunkte. Ein kleineres Modell oder langsamere Wiedergabe würde helfen.</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::LiveToolbar</name>
    <message>
        <source>Source</source>
        <translation>Quelle</translation>
    </message>
    <message>
        <source>Choose what to recognise</source>
        <translation>Wählen Sie, was erkannt werden soll</translation>
    </message>
    <message>
        <source>Source: %1</source>
        <translation>Quelle: %1</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Choose the model</source>
        <translation>Das Modell wählen</translation>
    </message>
    <message>
        <source>Model: %1</source>
        <translation>Modell: %1</translation>
    </message>
    <message>
        <source>Attention strength</source>
        <translation>Stärke der Aufmerksamkeit</translation>
    </message>
    <message>
        <source>How strongly the attention covers the picture</source>
        <translation>Wie stark die Aufmerksamkeit das Bild überdeckt</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::LiveWorkspace</name>
    <message>
        <source>Glosses copied: %1</source>
        <translation>Kopierte Glossen: %1</translation>
    </message>
    <message>
        <source>Live</source>
        <translation>Live</translation>
    </message>
    <message>
        <source>Test pattern</source>
        <translation>Testbild</translation>
    </message>
    <message>
        <source>Demo model</source>
        <translation>Demomodell</translation>
    </message>
    <message>
        <source>The model could not be opened; the one before stays in use. %1</source>
        <translation>Das Modell ließ sich nicht öffnen; das bisherige bleibt in Gebrauch. %1</translation>
    </message>
    <message>
        <source>No model could be opened, so nothing will be recognised. %1</source>
        <translation>Es ließ sich kein Modell öffnen, deshalb wird nichts erkannt. %1</translation>
    </message>
    <message>
        <source>Open Model File…</source>
        <translation>Modelldatei öffnen …</translation>
    </message>
    <message>
        <source>Loading the model…</source>
        <translation>Das Modell wird geladen …</translation>
    </message>
    <message>
        <source>Without a model there are no captions.</source>
        <translation>Ohne Modell gibt es keine Untertitel.</translation>
    </message>
    <message>
        <source>Captions appear here as signs are recognised.</source>
        <translation>Hier erscheinen die Untertitel, sobald Gebärden erkannt werden.</translation>
    </message>
    <message>
        <source>Try Again</source>
        <translation>Erneut versuchen</translation>
    </message>
    <message>
        <source>Open the same source once more</source>
        <translation>Dieselbe Quelle noch einmal öffnen</translation>
    </message>
    <message>
        <source>Choose Another Source</source>
        <translation>Andere Quelle wählen</translation>
    </message>
    <message>
        <source>Show the list of sources</source>
        <translation>Die Liste der Quellen zeigen</translation>
    </message>
    <message>
        <source>Recognition has stopped. %1</source>
        <translation>Die Erkennung ist stehen geblieben. %1</translation>
    </message>
    <message>
        <source>The model chosen last could not be opened; the demo model is in use. %1</source>
        <translation>Das zuletzt gewählte Modell ließ sich nicht öffnen; das Demomodell ist in Gebrauch. %1</translation>
    </message>
    <message>
        <source>Nothing that the model is sure of. It recognises only the signs of its vocabulary.</source>
        <translation>Nichts, dessen das Modell sicher ist. Es erkennt nur die Gebärden seines Vokabulars.</translation>
    </message>
    <message>
        <source>The connection was lost; LiveGloss keeps trying. %1</source>
        <translation>Die Verbindung ist abgerissen; LiveGloss versucht es weiter. %1</translation>
    </message>
    <message>
        <source>Close Source</source>
        <translation>Quelle schließen</translation>
    </message>
    <message>
        <source>Loading the model… Playback begins as soon as it is there.</source>
        <translation>Das Modell wird geladen … Die Wiedergabe beginnt, sobald es da ist.</translation>
    </message>
    <message>
        <source>Play again to recognise with this model.</source>
        <translation>Noch einmal abspielen, um mit diesem Modell zu erkennen.</translation>
    </message>
    <message>
        <source>The file ends at %1 s of %2 s: it is damaged or cut off.</source>
        <translation>Die Datei endet bei %1 s von %2 s: Sie ist beschädigt oder abgeschnitten.</translation>
    </message>
    <message>
        <source>The file is damaged: some of its frames cannot be shown or recognised.</source>
        <translation>Die Datei ist beschädigt: Einige ihrer Bilder können nicht gezeigt oder erkannt werden.</translation>
    </message>
    <message>
        <source>Hide this message</source>
        <translation>Diese Meldung ausblenden</translation>
    </message>
    <message>
        <source>OK</source>
        <translation>OK</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::MainWindow</name>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Datei</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>&amp;Bearbeiten</translation>
    </message>
    <message>
        <source>&amp;Playback</source>
        <translation>&amp;Wiedergabe</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>&amp;Ansicht</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>&amp;Hilfe</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::MarkedFrames</name>
    <message>
        <source>Save Attention</source>
        <translation>Aufmerksamkeit speichern</translation>
    </message>
    <message>
        <source>Picture (*.png);;Vector drawing (*.svg);;PDF document (*.pdf);;Table of values (*.csv);;Tensors (*.safetensors)</source>
        <translation>Bild (*.png);;Vektorgrafik (*.svg);;PDF-Dokument (*.pdf);;Wertetabelle (*.csv);;Tensoren (*.safetensors)</translation>
    </message>
    <message>
        <source>Saved as %1</source>
        <translation>Gespeichert als %1</translation>
    </message>
    <message>
        <source>Mark This Frame</source>
        <translation>Dieses Bild merken</translation>
    </message>
    <message>
        <source>Put the frame on show onto the sheet</source>
        <translation>Das gezeigte Bild auf die Bildtafel setzen</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>Leeren</translation>
    </message>
    <message>
        <source>Take all marked frames off the sheet</source>
        <translation>Alle gemerkten Bilder von der Bildtafel nehmen</translation>
    </message>
    <message>
        <source>Save Sheet…</source>
        <translation>Bildtafel speichern …</translation>
    </message>
    <message>
        <source>Write the marked frames, or else the one on show, as a picture, document or values</source>
        <translation>Die gemerkten Bilder oder sonst das gezeigte als Bild, Dokument oder Werte schreiben</translation>
    </message>
    <message>
        <source>The sheet shows the present frame, or those that you mark.</source>
        <translation>Die Bildtafel zeigt das aktuelle Bild oder die, die Sie merken.</translation>
    </message>
    <message>
        <source>Marked: %1</source>
        <translation>Gemerkt: %1</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::MessagePanel</name>
    <message>
        <source>Details: %1</source>
        <translation>Einzelheiten: %1</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::ModelFacts</name>
    <message>
        <source>Trained</source>
        <translation>Trainiert</translation>
    </message>
    <message>
        <source>%1% of the parameters, on the frozen backbone</source>
        <translation>%1 % der Parameter, auf dem eingefrorenen Backbone</translation>
    </message>
    <message>
        <source>Computation</source>
        <translation>Rechenaufwand</translation>
    </message>
    <message>
        <source>%1 million multiplications a frame; AdaptSign&apos;s modules add %2% to the backbone&apos;s</source>
        <translation>%1 Millionen Multiplikationen je Bild; die Module von AdaptSign fügen denen des Backbones %2 % hinzu</translation>
    </message>
    <message>
        <source>By part, million</source>
        <translation>Je Teil, Millionen</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>Imported from</source>
        <translation>Importiert aus</translation>
    </message>
    <message>
        <source>not stated</source>
        <translation>nicht angegeben</translation>
    </message>
    <message>
        <source>Sign language</source>
        <translation>Gebärdensprache</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>Lizenz</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>%1 (%2 bytes)</source>
        <translation>%1 (%2 Byte)</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>Signs</source>
        <translation>Gebärden</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>Parameter</translation>
    </message>
    <message>
        <source>%1 million</source>
        <translation>%1 Millionen</translation>
    </message>
    <message>
        <source>Picture</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>Encoder</source>
        <translation>Encoder</translation>
    </message>
    <message>
        <source>%1 blocks of width %2, frame features of %3</source>
        <translation>%1 Blöcke der Breite %2, Bildmerkmale der Breite %3</translation>
    </message>
    <message>
        <source>Temporal head</source>
        <translation>Zeitlicher Teil</translation>
    </message>
    <message>
        <source>width %1, a step every %2 frames, each sees %3</source>
        <translation>Breite %1, ein Schritt alle %2 Bilder, jeder sieht %3</translation>
    </message>
    <message>
        <source>Word error rate</source>
        <translation>Wortfehlerrate</translation>
    </message>
    <message>
        <source>%1: dev %2%, test %3% (by its authors)</source>
        <translation>%1: Dev %2 %, Test %3 % (laut den Autoren)</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>Quelle</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>Adresse</translation>
    </message>
    <message>
        <source>Computing…</source>
        <translation>Wird berechnet …</translation>
    </message>
    <message>
        <source>The file cannot be read.</source>
        <translation>Die Datei ist nicht lesbar.</translation>
    </message>
    <message>
        <source>As published</source>
        <translation>Wie veröffentlicht</translation>
    </message>
    <message>
        <source>Differs from the published one</source>
        <translation>Weicht von der veröffentlichten ab</translation>
    </message>
    <message>
        <source>%1 × %1 pixels in %2 × %2 patches</source>
        <translation>%1 × %1 Pixel in %2 × %2 Patches</translation>
    </message>
    <message>
        <source>%1, %2 frames a second</source>
        <translation>%1, %2 Bilder je Sekunde</translation>
    </message>
    <message>
        <source>Activation</source>
        <translation>Aktivierung</translation>
    </message>
    <message>
        <source>Normalisation</source>
        <translation>Normierung</translation>
    </message>
    <message>
        <source>plain, from -1 to 1</source>
        <translation>einfach, von -1 bis 1</translation>
    </message>
    <message>
        <source>by the file&apos;s mean and deviation</source>
        <translation>nach Mittelwert und Abweichung der Datei</translation>
    </message>
    <message>
        <source>%1 million multiplications a frame</source>
        <translation>%1 Millionen Multiplikationen je Bild</translation>
    </message>
    <message>
        <source>How it is counted</source>
        <translation>So wird gezählt</translation>
    </message>
    <message>
        <source>Every multiplication of matrix products and attention, once each, as the network is drawn in the paper. Computed as this program does, with constant products kept, the modules add %1%.</source>
        <translation>Jede Multiplikation der Matrixprodukte und der Aufmerksamkeit einmal, so wie der Aufsatz das Netz zeichnet. Auf die Art dieses Programms gerechnet, das gleichbleibende Produkte aufhebt, kommen durch die Module %1 % hinzu.</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::ModelList</name>
    <message>
        <source>On this computer</source>
        <translation>Auf diesem Rechner</translation>
    </message>
    <message>
        <source>Available</source>
        <translation>Erhältlich</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Checking</source>
        <translation>Wird geprüft</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Gescheitert</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>Angehalten</translation>
    </message>
    <message>
        <source>Loading</source>
        <translation>Lädt</translation>
    </message>
    <message>
        <source>In use</source>
        <translation>In Gebrauch</translation>
    </message>
    <message>
        <source>Unusable</source>
        <translation>Unbrauchbar</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::ModelPage</name>
    <message>
        <source>Checking that it is the right file…</source>
        <translation>Es wird geprüft, ob es die richtige Datei ist …</translation>
    </message>
    <message>
        <source>Use</source>
        <translation>Verwenden</translation>
    </message>
    <message>
        <source>Download</source>
        <translation>Herunterladen</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Open Its Page</source>
        <translation>Seite öffnen</translation>
    </message>
    <message>
        <source>Import…</source>
        <translation>Importieren …</translation>
    </message>
    <message>
        <source>Choose the File…</source>
        <translation>Datei wählen …</translation>
    </message>
    <message>
        <source>Cancel Download</source>
        <translation>Download abbrechen</translation>
    </message>
    <message>
        <source>Delete…</source>
        <translation>Löschen …</translation>
    </message>
    <message>
        <source>Recognise with this model from now on</source>
        <translation>Von jetzt an mit diesem Modell erkennen</translation>
    </message>
    <message>
        <source>Open the page of this model in the browser</source>
        <translation>Die Seite dieses Modells im Browser öffnen</translation>
    </message>
    <message>
        <source>Choose the file that the browser has downloaded</source>
        <translation>Die Datei wählen, die der Browser heruntergeladen hat</translation>
    </message>
    <message>
        <source>Give up and remove what has arrived</source>
        <translation>Aufgeben und entfernen, was angekommen ist</translation>
    </message>
    <message>
        <source>Remove the file from this computer</source>
        <translation>Die Datei von diesem Rechner entfernen</translation>
    </message>
    <message>
        <source>Progress of the download</source>
        <translation>Fortschritt des Downloads</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Go on where it stopped</source>
        <translation>Weitermachen, wo es aufgehört hat</translation>
    </message>
    <message>
        <source>Fetch the file and check it before it is installed</source>
        <translation>Die Datei holen und vor dem Installieren prüfen</translation>
    </message>
    <message>
        <source>Downloading</source>
        <translation>Wird heruntergeladen</translation>
    </message>
    <message>
        <source>Checking</source>
        <translation>Wird geprüft</translation>
    </message>
    <message>
        <source>Download paused</source>
        <translation>Download angehalten</translation>
    </message>
    <message>
        <source>Download stopped</source>
        <translation>Download unterbrochen</translation>
    </message>
    <message>
        <source>Available, to be fetched in the browser</source>
        <translation>Erhältlich, im Browser zu holen</translation>
    </message>
    <message>
        <source>Available for download</source>
        <translation>Zum Herunterladen erhältlich</translation>
    </message>
    <message>
        <source>Loading the model…</source>
        <translation>Das Modell wird geladen …</translation>
    </message>
    <message>
        <source>In use</source>
        <translation>In Gebrauch</translation>
    </message>
    <message>
        <source>Comes with the program</source>
        <translation>Kommt mit dem Programm</translation>
    </message>
    <message>
        <source>On this computer</source>
        <translation>Auf diesem Rechner</translation>
    </message>
    <message>
        <source>This model could not be loaded; %1 stays in use.</source>
        <translation>Dieses Modell ließ sich nicht laden; %1 bleibt in Gebrauch.</translation>
    </message>
    <message>
        <source>This model could not be loaded.</source>
        <translation>Dieses Modell ließ sich nicht laden.</translation>
    </message>
    <message>
        <source>This file is not a model that LiveGloss can use.</source>
        <translation>Diese Datei ist kein Modell, das LiveGloss verwenden kann.</translation>
    </message>
    <message>
        <source>This model has no direct address. Open its page, download the file in the browser, then drop it on this window or choose it here.</source>
        <translation>Dieses Modell hat keine direkte Adresse. Seine Seite öffnen, die Datei im Browser herunterladen, dann in dieses Fenster ziehen oder hier wählen.</translation>
    </message>
    <message>
        <source>A backbone recognises nothing by itself. A model for a sign language is trained on top of it.</source>
        <translation>Ein Backbone erkennt für sich allein nichts. Ein Modell für eine Gebärdensprache wird darauf trainiert.</translation>
    </message>
    <message>
        <source>Its gloss dictionary (a .npy file of the authors&apos; preprocessing) is needed as well: the import asks for it. Without it, glosses are shown as numbers.</source>
        <translation>Dazu gehört sein Glossenwörterbuch (eine .npy-Datei aus der Vorverarbeitung der Autoren): Der Import fragt danach. Ohne es erscheinen Glossen als Zahlen.</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::ModelPicker</name>
    <message>
        <source>Open Model File</source>
        <translation>Modelldatei öffnen</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Loading the model…</source>
        <translation>Das Modell wird geladen …</translation>
    </message>
    <message>
        <source>No model loaded</source>
        <translation>Kein Modell geladen</translation>
    </message>
    <message>
        <source>This demo model knows %1 signs of a synthetic signer</source>
        <translation>Dieses Demomodell kennt %1 Gebärden einer künstlichen Figur</translation>
    </message>
    <message>
        <source>%1 knows %2 signs</source>
        <translation>%1 kennt %2 Gebärden</translation>
    </message>
    <message>
        <source>%1 knows %2 signs (%3)</source>
        <translation>%1 kennt %2 Gebärden (%3)</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::ModelsWorkspace</name>
    <message>
        <source>Delete Model</source>
        <translation>Modell löschen</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Added: %1</source>
        <translation>Hinzugefügt: %1</translation>
    </message>
    <message>
        <source>%1 was not added. %2</source>
        <translation>%1 wurde nicht hinzugefügt. %2</translation>
    </message>
    <message>
        <source>Adding the model…</source>
        <translation>Das Modell wird hinzugefügt …</translation>
    </message>
    <message>
        <source>Models and checkpoints</source>
        <translation>Modelle und Checkpoints</translation>
    </message>
    <message>
        <source>All files</source>
        <translation>Alle Dateien</translation>
    </message>
    <message>
        <source>Add Model File</source>
        <translation>Modelldatei hinzufügen</translation>
    </message>
    <message>
        <source>%1 is removed from this computer.</source>
        <translation>%1 wird von diesem Rechner entfernt.</translation>
    </message>
    <message>
        <source>This model is in use. Recognition goes on with it until another one is chosen or LiveGloss ends.</source>
        <translation>Dieses Modell ist in Gebrauch. Die Erkennung läuft damit weiter, bis ein anderes gewählt oder LiveGloss beendet wird.</translation>
    </message>
    <message>
        <source>Delete %1?</source>
        <translation>%1 löschen?</translation>
    </message>
    <message>
        <source>%1 was not deleted. %2</source>
        <translation>%1 wurde nicht gelöscht. %2</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>On this computer: %1</source>
        <translation>Auf diesem Rechner: %1</translation>
    </message>
    <message>
        <source>free on the disk: %1</source>
        <translation>frei auf dem Datenträger: %1</translation>
    </message>
    <message>
        <source>Add File…</source>
        <translation>Datei hinzufügen …</translation>
    </message>
    <message>
        <source>Add a model file that is on this computer; it can also be dropped on this window</source>
        <translation>Eine Modelldatei von diesem Rechner hinzufügen; sie lässt sich auch in dieses Fenster ziehen</translation>
    </message>
    <message>
        <source>Open Folder</source>
        <translation>Ordner öffnen</translation>
    </message>
    <message>
        <source>Open the folder of models in the file manager</source>
        <translation>Den Modellordner im Dateimanager öffnen</translation>
    </message>
    <message>
        <source>The list of models that can be fetched is not readable. %1</source>
        <translation>Die Liste der erhältlichen Modelle ist nicht lesbar. %1</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::OverTimePage</name>
    <message>
        <source>%1: attention over time</source>
        <translation>%1: Aufmerksamkeit im Verlauf</translation>
    </message>
    <message>
        <source>Model: %1</source>
        <translation>Modell: %1</translation>
    </message>
    <message>
        <source>Your region, in percent of the picture: left %1, top %2, width %3, height %4</source>
        <translation>Ihr Bereich, in Prozent des Bildes: links %1, oben %2, Breite %3, Höhe %4</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::OverTimePanel</name>
    <message>
        <source>Save Attention over Time</source>
        <translation>Aufmerksamkeit im Verlauf speichern</translation>
    </message>
    <message>
        <source>Picture (*.png);;Vector drawing (*.svg);;PDF document (*.pdf);;Table of values (*.csv)</source>
        <translation>Bild (*.png);;Vektorgrafik (*.svg);;PDF-Dokument (*.pdf);;Wertetabelle (*.csv)</translation>
    </message>
    <message>
        <source>Without a model there is no attention.</source>
        <translation>Ohne Modell gibt es keine Aufmerksamkeit.</translation>
    </message>
    <message>
        <source>Every curve is switched off.</source>
        <translation>Alle Kurven sind ausgeschaltet.</translation>
    </message>
    <message>
        <source>The curves appear when the whole clip has been measured.</source>
        <translation>Die Kurven erscheinen, wenn das ganze Video gemessen ist.</translation>
    </message>
    <message>
        <source>Measure the clip to see its attention over time. Playing it fills in what is shown, moment by moment.</source>
        <translation>Messen Sie das Video, um seine Aufmerksamkeit im Verlauf zu sehen. Beim Abspielen kommt nach und nach hinzu, was gezeigt wird.</translation>
    </message>
    <message>
        <source>The curves grow while attention is shown.</source>
        <translation>Die Kurven wachsen, solange Aufmerksamkeit gezeigt wird.</translation>
    </message>
    <message>
        <source>Measure the clip to see what share of the attention falls on hands and face.</source>
        <translation>Messen Sie das Video, um zu sehen, welcher Anteil der Aufmerksamkeit auf Hände und Gesicht fällt.</translation>
    </message>
    <message>
        <source>No region is known, so shares are not shown: under Regions on the right, draw one on the video or choose where hands and face are known from.</source>
        <translation>Es ist kein Bereich bekannt, daher gibt es keine Anteile: Zeichnen Sie rechts unter „Bereiche“ einen auf das Video oder wählen Sie, woher Hände und Gesicht bekannt sind.</translation>
    </message>
    <message>
        <source>Saved as %1</source>
        <translation>Gespeichert als %1</translation>
    </message>
    <message>
        <source>Over time</source>
        <translation>Im Verlauf</translation>
    </message>
    <message>
        <source>Show or hide the curves below the video</source>
        <translation>Die Kurven unter dem Video zeigen oder verbergen</translation>
    </message>
    <message>
        <source>Measure Clip</source>
        <translation>Video messen</translation>
    </message>
    <message>
        <source>Send the whole clip through the network and draw every curve</source>
        <translation>Das ganze Video durch das Netz schicken und alle Kurven zeichnen</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Measuring the clip</source>
        <translation>Das Video wird gemessen</translation>
    </message>
    <message>
        <source>Whole Clip</source>
        <translation>Ganzes Video</translation>
    </message>
    <message>
        <source>Zoom out. The wheel, + and − zoom; Shift with the wheel moves.</source>
        <translation>Verkleinern. Mausrad, + und − ändern die Größe; Umschalt mit dem Mausrad verschiebt.</translation>
    </message>
    <message>
        <source>Save…</source>
        <translation>Speichern …</translation>
    </message>
    <message>
        <source>Write the curves as a picture, document or table</source>
        <translation>Die Kurven als Bild, Dokument oder Tabelle schreiben</translation>
    </message>
    <message>
        <source>Attention over time</source>
        <translation>Aufmerksamkeit im Verlauf</translation>
    </message>
    <message>
        <source>Left and right step from moment to moment, plus and minus zoom, 0 shows the whole clip.</source>
        <translation>Links und rechts gehen von Bild zu Bild, Plus und Minus ändern die Größe, 0 zeigt das ganze Video.</translation>
    </message>
    <message>
        <source>A difference has no curves of its own: measure the clip to see those of AdaptSign.</source>
        <translation>Ein Unterschied hat keine eigenen Kurven: Messen Sie das Video, um die von AdaptSign zu sehen.</translation>
    </message>
    <message>
        <source>A difference has no curves of its own.</source>
        <translation>Ein Unterschied hat keine eigenen Kurven.</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::OverTimeTexts</name>
    <message>
        <source>Share of attention</source>
        <translation>Anteil der Aufmerksamkeit</translation>
    </message>
    <message>
        <source>Motion, picture heights a second</source>
        <translation>Bewegung, Bildhöhen je Sekunde</translation>
    </message>
    <message>
        <source>Hands</source>
        <translation>Hände</translation>
    </message>
    <message>
        <source>Face</source>
        <translation>Gesicht</translation>
    </message>
    <message>
        <source>Your region</source>
        <translation>Ihr Bereich</translation>
    </message>
    <message>
        <source>Elsewhere</source>
        <translation>Übriges</translation>
    </message>
    <message>
        <source>Entropy</source>
        <translation>Entropie</translation>
    </message>
    <message>
        <source>Motion</source>
        <translation>Bewegung</translation>
    </message>
    <message>
        <source>Share of the attention on patches that falls on the hands.</source>
        <translation>Anteil der Aufmerksamkeit auf den Feldern, der auf die Hände fällt.</translation>
    </message>
    <message>
        <source>Share of the attention on patches that falls on the face where no hand hides it.</source>
        <translation>Anteil der Aufmerksamkeit auf den Feldern, der auf das Gesicht fällt, wo keine Hand es verdeckt.</translation>
    </message>
    <message>
        <source>Share of the attention on patches that falls into the rectangle that you drew on the video.</source>
        <translation>Anteil der Aufmerksamkeit auf den Feldern, der in das Rechteck fällt, das Sie auf das Video gezeichnet haben.</translation>
    </message>
    <message>
        <source>The rest: outside hands and face where they are known, otherwise outside your region.</source>
        <translation>Der Rest: außerhalb von Händen und Gesicht, wo sie bekannt sind, sonst außerhalb Ihres Bereichs.</translation>
    </message>
    <message>
        <source>How widely the attention is spread: 0 is all on one patch, 1 is everywhere alike.</source>
        <translation>Wie breit die Aufmerksamkeit gestreut ist: 0 heißt alles auf einem Feld, 1 heißt überall gleich.</translation>
    </message>
    <message>
        <source>How fast the centre of what the weights across frames emphasise moves from frame to frame, in picture heights a second.</source>
        <translation>Wie schnell sich der Schwerpunkt dessen, was die Gewichte zwischen Bildern hervorheben, von Bild zu Bild bewegt, in Bildhöhen je Sekunde.</translation>
    </message>
    <message>
        <source>Not looked for</source>
        <translation>Nicht gesucht</translation>
    </message>
    <message>
        <source>Exact: from the synthetic signer</source>
        <translation>Genau: von der künstlichen Figur</translation>
    </message>
    <message>
        <source>Choose where hands and face are known from, or draw a region of your own on the video; without either there are no shares to show.</source>
        <translation>Wählen Sie, woher Hände und Gesicht bekannt sind, oder zeichnen Sie einen eigenen Bereich auf das Video; ohne beides gibt es keine Anteile zu zeigen.</translation>
    </message>
    <message>
        <source>A file beside this video tells how the synthetic signer was drawn, so hands and face are known to the pixel.</source>
        <translation>Eine Datei neben diesem Video sagt, wie die künstliche Figur gezeichnet wurde; Hände und Gesicht sind daher auf den Bildpunkt genau bekannt.</translation>
    </message>
    <message>
        <source>Hands and face found by %1, may be wrong</source>
        <translation>Hände und Gesicht gefunden von %1, kann falsch sein</translation>
    </message>
    <message>
        <source>Hands and face: %1</source>
        <translation>Hände und Gesicht: %1</translation>
    </message>
    <message>
        <source>Face found by OpenCV, may be wrong</source>
        <translation>Gesicht laut OpenCV, kann falsch sein</translation>
    </message>
    <message>
        <source>Found by %1</source>
        <translation>Gefunden von %1</translation>
    </message>
    <message>
        <source>OpenCV&apos;s detector (a Haar cascade) finds faces that look at the camera, and now and then something else. Frames in which it finds none are gaps in the curve. It does not find hands.</source>
        <translation>Der Detektor von OpenCV (eine Haar-Kaskade) findet Gesichter, die in die Kamera blicken, und ab und zu etwas anderes. Bilder, in denen er keines findet, sind Lücken in der Kurve. Hände findet er nicht.</translation>
    </message>
    <message>
        <source>Hands and face are the boxes that %1 finds, at most two hands and one face; it may be wrong. Frames in which it finds none are gaps in the curve.</source>
        <translation>Hände und Gesicht sind die Rechtecke, die %1 findet, höchstens zwei Hände und ein Gesicht; das kann falsch sein. Bilder, in denen nichts gefunden wird, sind Lücken in der Kurve.</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::Rail</name>
    <message>
        <source>Go to %1</source>
        <translation>Gehe zu %1</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::RecentSources</name>
    <message>
        <source>Clear This List</source>
        <translation>Liste leeren</translation>
    </message>
    <message>
        <source>Open &amp;Recent</source>
        <translation>&amp;Zuletzt geöffnet</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::RecipePage</name>
    <message>
        <source>Recipes</source>
        <translation>Rezepte</translation>
    </message>
    <message>
        <source>Choose a recipe.</source>
        <translation>Ein Rezept wählen.</translation>
    </message>
    <message>
        <source>Without a backbone the image tower starts from random weights and learns very little: choose one, such as CLIP&apos;s from the Models workspace.</source>
        <translation>Ohne Backbone beginnt der Bildteil mit zufälligen Gewichten und lernt sehr wenig: einen wählen, etwa den von CLIP aus dem Bereich „Modelle“.</translation>
    </message>
    <message>
        <source>Open Recipe</source>
        <translation>Rezept öffnen</translation>
    </message>
    <message>
        <source>Choose Backbone</source>
        <translation>Backbone wählen</translation>
    </message>
    <message>
        <source>Backbones and models</source>
        <translation>Backbones und Modelle</translation>
    </message>
    <message>
        <source>Choose Folder of the Run</source>
        <translation>Ordner des Laufs wählen</translation>
    </message>
    <message>
        <source>Save Recipe as a File of Your Own</source>
        <translation>Rezept als eigene Datei speichern</translation>
    </message>
    <message>
        <source>Not saved. %1</source>
        <translation>Nicht gespeichert. %1</translation>
    </message>
    <message>
        <source>How it is learnt</source>
        <translation>Wie gelernt wird</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>Schritte</translation>
    </message>
    <message>
        <source>Open…</source>
        <translation>Öffnen …</translation>
    </message>
    <message>
        <source>Open a recipe of your own</source>
        <translation>Ein eigenes Rezept öffnen</translation>
    </message>
    <message>
        <source>Edit as File…</source>
        <translation>Als Datei bearbeiten …</translation>
    </message>
    <message>
        <source>Every other value is in the recipe&apos;s file; what is saved there appears here</source>
        <translation>Alle weiteren Werte stehen in der Rezeptdatei; was dort gespeichert wird, erscheint hier</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>Wählen …</translation>
    </message>
    <message>
        <source>Choose the folder of the run</source>
        <translation>Den Ordner des Laufs wählen</translation>
    </message>
    <message>
        <source>Next: Training</source>
        <translation>Weiter: Training</translation>
    </message>
    <message>
        <source>Recipe</source>
        <translation>Rezept</translation>
    </message>
    <message>
        <source>Folder of the run</source>
        <translation>Ordner des Laufs</translation>
    </message>
    <message>
        <source>Backbone</source>
        <translation>Backbone</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>Verfahren</translation>
    </message>
    <message>
        <source>Modules</source>
        <translation>Module</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Sign language</source>
        <translation>Gebärdensprache</translation>
    </message>
    <message>
        <source>Length</source>
        <translation>Länge</translation>
    </message>
    <message>
        <source>Clips per step</source>
        <translation>Clips je Schritt</translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation>Lernrate</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Startwert</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>Threads</translation>
    </message>
    <message>
        <source>AdaptSign: small modules in a frozen backbone</source>
        <translation>AdaptSign: kleine Module in einem eingefrorenen Backbone</translation>
    </message>
    <message>
        <source>Freezing: only the head</source>
        <translation>Eingefroren: nur der Kopf</translation>
    </message>
    <message>
        <source>Fine-tuning: the whole backbone</source>
        <translation>Feinabstimmung: der ganze Backbone</translation>
    </message>
    <message>
        <source>Partial: the last blocks of the backbone</source>
        <translation>Teilweise: die letzten Blöcke des Backbones</translation>
    </message>
    <message>
        <source>Blocks that are trained</source>
        <translation>Blöcke, die trainiert werden</translation>
    </message>
    <message>
        <source>Adapters</source>
        <translation>Adapter</translation>
    </message>
    <message>
        <source>Prefixes</source>
        <translation>Präfixe</translation>
    </message>
    <message>
        <source>Aggregation</source>
        <translation>Aggregation</translation>
    </message>
    <message>
        <source>Cross-frame attention</source>
        <translation>Bildübergreifende Aufmerksamkeit</translation>
    </message>
    <message>
        <source>steps</source>
        <translation>Schritte</translation>
    </message>
    <message>
        <source>epochs</source>
        <translation>Epochen</translation>
    </message>
    <message>
        <source>What the length counts</source>
        <translation>Was die Länge zählt</translation>
    </message>
    <message>
        <source>An epoch goes once through all clips for training; drawn sentences have no end and need steps</source>
        <translation>Eine Epoche geht einmal durch alle Trainingsclips; gezeichnete Sätze haben kein Ende und brauchen Schritte</translation>
    </message>
    <message>
        <source>A code such as gsg or csl; it becomes part of the model</source>
        <translation>Ein Kürzel wie gsg oder csl; es wird Teil des Modells</translation>
    </message>
    <message>
        <source>The name that the model will have</source>
        <translation>Der Name, den das Modell bekommt</translation>
    </message>
    <message>
        <source>Of Adam, at its highest</source>
        <translation>Die höchste von Adam</translation>
    </message>
    <message>
        <source>Every random choice follows from it: the same seed gives the same run</source>
        <translation>Aus ihm folgt jede Zufallswahl: Gleicher Startwert, gleicher Lauf</translation>
    </message>
    <message>
        <source>Processor threads that compute; training leaves the window its share</source>
        <translation>Prozessor-Threads, die rechnen; das Fenster behält seinen Anteil</translation>
    </message>
    <message>
        <source>Checkpoints, log and the best model go there; a folder with a run can go on</source>
        <translation>Dorthin kommen Zwischenstände, Protokoll und das beste Modell; ein Ordner mit einem Lauf kann weitergeführt werden</translation>
    </message>
    <message>
        <source>%1 was changed elsewhere. What is set here stays; choose the recipe again to read the file.</source>
        <translation>%1 wurde anderswo geändert. Was hier eingestellt ist, bleibt; wählen Sie das Rezept noch einmal, um die Datei zu lesen.</translation>
    </message>
    <message>
        <source>Choose Model to Train On</source>
        <translation>Modell zum Weitertrainieren wählen</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Choose the file to start from</source>
        <translation>Datei wählen, von der ausgegangen wird</translation>
    </message>
    <message>
        <source>Start from</source>
        <translation>Ausgehen von</translation>
    </message>
    <message>
        <source>Trained model</source>
        <translation>Trainiertes Modell</translation>
    </message>
    <message>
        <source>A backbone gives the image tower alone; a trained model is trained on, its head included</source>
        <translation>Ein Backbone gibt nur den Bildteil; ein trainiertes Modell wird samt seinem Kopf weitertrainiert</translation>
    </message>
    <message>
        <source>File to start from</source>
        <translation>Datei, von der ausgegangen wird</translation>
    </message>
    <message>
        <source>File of a model to train on</source>
        <translation>Datei eines Modells zum Weitertrainieren</translation>
    </message>
    <message>
        <source>File of an image tower, or of a model that holds one</source>
        <translation>Datei eines Bildteils oder eines Modells mit einem solchen</translation>
    </message>
    <message>
        <source>Sizes that the recipe leaves open are its own; glosses that both know keep what it learnt, and modules without a tick are left out</source>
        <translation>Größen, die das Rezept offen lässt, sind die seinen; Glossen, die beide kennen, behalten das Gelernte, und Module ohne Haken fallen weg</translation>
    </message>
    <message>
        <source>An image tower such as CLIP&apos;s; of a whole model the image tower is taken</source>
        <translation>Ein Bildteil wie der von CLIP; von einem ganzen Modell wird der Bildteil genommen</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::RegionPanel</name>
    <message>
        <source>To have the face found, install the package opencv-data. A region of your own can always be drawn on the video.</source>
        <translation>Damit das Gesicht gefunden wird, installieren Sie das Paket opencv-data. Ein eigener Bereich lässt sich immer auf das Video zeichnen.</translation>
    </message>
    <message>
        <source>Draw Anew</source>
        <translation>Neu zeichnen</translation>
    </message>
    <message>
        <source>Draw a Region</source>
        <translation>Bereich zeichnen</translation>
    </message>
    <message>
        <source>Regions</source>
        <translation>Bereiche</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Hands and face</source>
        <translation>Hände und Gesicht</translation>
    </message>
    <message>
        <source>Path of the weights across frames</source>
        <translation>Weg der Gewichte zwischen Bildern</translation>
    </message>
    <message>
        <source>Where the centre of what the weights across frames emphasise went in the last second; known once the clip is measured, or while “Across frames” is shown.</source>
        <translation>Wohin der Schwerpunkt dessen, was die Gewichte zwischen Bildern hervorheben, in der letzten Sekunde ging; bekannt, sobald das Video gemessen ist oder während „Über Bilder hinweg“ gezeigt wird.</translation>
    </message>
    <message>
        <source>Choose a Detector of Hands and Face</source>
        <translation>Detektor für Hände und Gesicht wählen</translation>
    </message>
    <message>
        <source>Detectors (*.onnx)</source>
        <translation>Detektoren (*.onnx)</translation>
    </message>
    <message>
        <source>Trying out %1…</source>
        <translation>%1 wird ausprobiert …</translation>
    </message>
    <message>
        <source>%1 finds hands, but no faces.</source>
        <translation>%1 findet Hände, aber keine Gesichter.</translation>
    </message>
    <message>
        <source>%1 finds faces, but no hands.</source>
        <translation>%1 findet Gesichter, aber keine Hände.</translation>
    </message>
    <message>
        <source>%1 finds hands and faces.</source>
        <translation>%1 findet Hände und Gesichter.</translation>
    </message>
    <message>
        <source>The detector %1 is no longer there. Choose it anew.</source>
        <translation>Den Detektor %1 gibt es nicht mehr. Wählen Sie ihn neu.</translation>
    </message>
    <message>
        <source>Choose a Detector…</source>
        <translation>Detektor wählen …</translation>
    </message>
    <message>
        <source>A network of your own that finds hands and face, as an ONNX file. The documentation, docs/attention.md, says which kinds are understood.</source>
        <translation>Ein eigenes Netz, das Hände und Gesicht findet, als ONNX-Datei. Welche Arten verstanden werden, steht in der Dokumentation, docs/attention.md.</translation>
    </message>
    <message>
        <source>Hands and face are looked for in video files only. A region of your own can be drawn on any video.</source>
        <translation>Hände und Gesicht werden nur in Videodateien gesucht. Einen eigenen Bereich können Sie auf jedes Video zeichnen.</translation>
    </message>
    <message>
        <source>Drag a rectangle on the video. Its edges resize it and its name moves it; so do the arrow keys, with and without Shift. By keyboard, this button puts one into the middle.</source>
        <translation>Ziehen Sie auf dem Video ein Rechteck auf. An den Rändern ändern Sie seine Größe, an seinem Namen verschieben Sie es; ebenso mit den Pfeiltasten, mit und ohne Umschalt. Mit der Tastatur setzt diese Schaltfläche eines in die Mitte.</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::ResultPage</name>
    <message>
        <source>Best: %1 word error rate on dev, at step %2. The model of that step is kept.</source>
        <translation>Am besten: %1 Wortfehlerrate auf dev, bei Schritt %2. Das Modell dieses Schritts ist aufgehoben.</translation>
    </message>
    <message>
        <source>Nothing has been measured yet. Start training; the first model comes with the first measurement on dev.</source>
        <translation>Noch ist nichts gemessen. Das Training starten; das erste Modell entsteht mit der ersten Messung auf dev.</translation>
    </message>
    <message>
        <source>kept: best so far</source>
        <translation>aufgehoben: bisher am besten</translation>
    </message>
    <message>
        <source>What came out</source>
        <translation>Was herausgekommen ist</translation>
    </message>
    <message>
        <source>Try It Live</source>
        <translation>Live ausprobieren</translation>
    </message>
    <message>
        <source>Recognise with the best model in the Live workspace</source>
        <translation>Im Bereich „Live“ mit dem besten Modell erkennen</translation>
    </message>
    <message>
        <source>Add to Models</source>
        <translation>Zu den Modellen</translation>
    </message>
    <message>
        <source>Copy the best model to the Models workspace, where it stays</source>
        <translation>Das beste Modell in den Bereich „Modelle“ kopieren, wo es bleibt</translation>
    </message>
    <message>
        <source>Show in Folder</source>
        <translation>Im Ordner zeigen</translation>
    </message>
    <message>
        <source>Open the folder of the run in the file manager</source>
        <translation>Den Ordner des Laufs in der Dateiverwaltung öffnen</translation>
    </message>
    <message>
        <source>Measurements on dev</source>
        <translation>Messungen auf dev</translation>
    </message>
    <message>
        <source>Step</source>
        <translation>Schritt</translation>
    </message>
    <message>
        <source>Epoch</source>
        <translation>Epoche</translation>
    </message>
    <message>
        <source>Word error rate</source>
        <translation>Wortfehlerrate</translation>
    </message>
    <message>
        <source>Best: %1 word error rate on dev, at step %2. Its model is no longer there.</source>
        <translation>Am besten: %1 Wortfehlerrate auf dev, bei Schritt %2. Das Modell dieses Schritts ist nicht mehr da.</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::RunPage</name>
    <message>
        <source>Speed</source>
        <translation>Tempo</translation>
    </message>
    <message>
        <source>Time left of this part</source>
        <translation>Restzeit dieses Teils</translation>
    </message>
    <message>
        <source>Errors on dev now</source>
        <translation>Fehler auf dev jetzt</translation>
    </message>
    <message>
        <source>Best so far</source>
        <translation>Bisher am besten</translation>
    </message>
    <message>
        <source>Batches skipped</source>
        <translation>Übersprungene Stapel</translation>
    </message>
    <message>
        <source>Word error rate on the clips of dev, which training does not see</source>
        <translation>Wortfehlerrate auf den Clips von dev, die das Training nicht sieht</translation>
    </message>
    <message>
        <source>The model with the lowest word error rate is kept</source>
        <translation>Das Modell mit der niedrigsten Wortfehlerrate wird aufgehoben</translation>
    </message>
    <message>
        <source>Batches whose loss or gradient was no finite number</source>
        <translation>Stapel, deren Verlust oder Gradient keine endliche Zahl war</translation>
    </message>
    <message>
        <source>Start Training</source>
        <translation>Training starten</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Write a checkpoint and end; it can go on later</source>
        <translation>Einen Zwischenstand schreiben und aufhören; später geht es von dort weiter</translation>
    </message>
    <message>
        <source>End at Once</source>
        <translation>Sofort beenden</translation>
    </message>
    <message>
        <source>End without a new checkpoint: what came after the last one is lost</source>
        <translation>Ohne neuen Zwischenstand beenden: Was nach dem letzten kam, geht verloren</translation>
    </message>
    <message>
        <source>Open Run…</source>
        <translation>Lauf öffnen …</translation>
    </message>
    <message>
        <source>Choose the folder of an earlier run, to look at it or to go on</source>
        <translation>Den Ordner eines früheren Laufs wählen, um ihn anzusehen oder fortzusetzen</translation>
    </message>
    <message>
        <source>Progress of the training</source>
        <translation>Fortschritt des Trainings</translation>
    </message>
    <message>
        <source>Part of the training whose curves are shown</source>
        <translation>Teil des Trainings, dessen Kurven gezeigt werden</translation>
    </message>
    <message>
        <source>Curves of the training</source>
        <translation>Kurven des Trainings</translation>
    </message>
    <message>
        <source>Curves appear here with the first steps.</source>
        <translation>Mit den ersten Schritten erscheinen hier Kurven.</translation>
    </message>
    <message>
        <source>Messages of the run</source>
        <translation>Meldungen des Laufs</translation>
    </message>
    <message>
        <source>What the run reports appears here.</source>
        <translation>Hier erscheint, was der Lauf meldet.</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>Befehl</translation>
    </message>
    <message>
        <source>The same on the command line</source>
        <translation>Dasselbe auf der Befehlszeile</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Copy the command</source>
        <translation>Den Befehl kopieren</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::ScaleBars</name>
    <message>
        <source>%1, from %2 to %3</source>
        <translation>%1, von %2 bis %3</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::ScreenWake</name>
    <message>
        <source>Recognising signing</source>
        <translation>Gebärden werden erkannt</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::SettingsDialog</name>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Recognition</source>
        <translation>Erkennung</translation>
    </message>
    <message>
        <source>Look and keys</source>
        <translation>Aussehen und Tasten</translation>
    </message>
    <message>
        <source>Com&amp;puting</source>
        <translation>&amp;Berechnung</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <source>Fast, f32</source>
        <translation>Schnell, f32</translation>
    </message>
    <message>
        <source>Fast, bf16</source>
        <translation>Schnell, bf16</translation>
    </message>
    <message>
        <source>Reference, f32</source>
        <translation>Referenz, f32</translation>
    </message>
    <message>
        <source>C&amp;ommit glosses</source>
        <translation>Glossen f&amp;estlegen</translation>
    </message>
    <message>
        <source>Commit glosses, from fast to stable</source>
        <translation>Glossen festlegen, von schnell bis stabil</translation>
    </message>
    <message>
        <source>fast</source>
        <translation>schnell</translation>
    </message>
    <message>
        <source>stable</source>
        <translation>stabil</translation>
    </message>
    <message>
        <source>Fast shows final glosses sooner; stable makes fewer mistakes.</source>
        <translation>Schnell zeigt endgültige Glossen früher; stabil macht weniger Fehler.</translation>
    </message>
    <message>
        <source>Confidence &amp;from</source>
        <translation>&amp;Sicherheit ab</translation>
    </message>
    <message>
        <source>&amp;Theme</source>
        <translation>&amp;Thema</translation>
    </message>
    <message>
        <source>As the desktop</source>
        <translation>Wie der Desktop</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>&amp;Language</source>
        <translation>S&amp;prache</translation>
    </message>
    <message>
        <source>Shortcuts of a &amp;single letter or sign</source>
        <translation>&amp;Kürzel aus einem einzelnen Zeichen</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>F&amp;rames</source>
        <translation>Bil&amp;der</translation>
    </message>
    <message>
        <source>Every frame</source>
        <translation>Jedes Bild</translation>
    </message>
    <message>
        <source>Every 2nd frame</source>
        <translation>Jedes 2. Bild</translation>
    </message>
    <message>
        <source>Every 3rd frame</source>
        <translation>Jedes 3. Bild</translation>
    </message>
    <message>
        <source>Automatic: of cameras and streams as many as this computer can, of files all.</source>
        <translation>Automatisch: von Kameras und Streams so viele, wie der Computer schafft, von Dateien alle.</translation>
    </message>
    <message>
        <source>S&amp;kip similar</source>
        <translation>Ä&amp;hnliche überspringen</translation>
    </message>
    <message>
        <source>off</source>
        <translation>aus</translation>
    </message>
    <message>
        <source> of 255 grey levels</source>
        <translation> von 255 Graustufen</translation>
    </message>
    <message>
        <source>A frame takes the results of the one before when no part of the picture has changed more.</source>
        <translation>Ein Bild übernimmt die Ergebnisse des vorigen, wenn sich kein Teil des Bildes stärker geändert hat.</translation>
    </message>
    <message>
        <source>Fewer frames suit a slow computer, and cost accuracy.</source>
        <translation>Weniger Bilder entlasten einen langsamen Computer und kosten Genauigkeit.</translation>
    </message>
    <message>
        <source>&amp;Device</source>
        <translation>Ger&amp;ät</translation>
    </message>
    <message>
        <source>CPU</source>
        <translation>CPU</translation>
    </message>
    <message>
        <source>Look &amp;back on</source>
        <translation>&amp;Rückblick auf</translation>
    </message>
    <message>
        <source> frames</source>
        <translation> Bilder</translation>
    </message>
    <message>
        <source>The temporal head decodes this many of the newest frames together.</source>
        <translation>So viele der neuesten Bilder decodiert der zeitliche Kopf gemeinsam.</translation>
    </message>
    <message>
        <source>every</source>
        <translation>alle</translation>
    </message>
    <message>
        <source>0.32 s</source>
        <translation>0,32 s</translation>
    </message>
    <message>
        <source>How many new frames it waits for between two decodes. 0.32 s are 8 frames at 25 a second.</source>
        <translation>Auf so viele neue Bilder wartet er zwischen zwei Decodierungen. 0,32 s sind bei 25 Bildern je Sekunde 8.</translation>
    </message>
    <message>
        <source>New frames between two decodes</source>
        <translation>Neue Bilder zwischen zwei Decodierungen</translation>
    </message>
    <message>
        <source>Glosses below this stay out of the captions. Beside a sure gloss, a quarter of this value is enough.</source>
        <translation>Glossen darunter bleiben aus den Untertiteln heraus. Neben einer sicheren Glosse genügt ein Viertel dieses Werts.</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::ShortcutsDialog</name>
    <message>
        <source>Keyboard Shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>Search actions and keys</source>
        <translation>Aktionen und Tasten durchsuchen</translation>
    </message>
    <message>
        <source>Actions and their keys</source>
        <translation>Aktionen und ihre Tasten</translation>
    </message>
    <message>
        <source>Action</source>
        <translation>Aktion</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>Tasten</translation>
    </message>
    <message>
        <source>What it does</source>
        <translation>Was sie tut</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>&amp;Use It Here</source>
        <translation>&amp;Hier verwenden</translation>
    </message>
    <message>
        <source>&amp;Standard Keys</source>
        <translation>&amp;Standardtasten</translation>
    </message>
    <message>
        <source>&amp;All Standard Keys</source>
        <translation>&amp;Alle Standardtasten</translation>
    </message>
    <message>
        <source>&amp;Key</source>
        <translation>&amp;Taste</translation>
    </message>
    <message>
        <source>S&amp;econd key</source>
        <translation>&amp;Zweite Taste</translation>
    </message>
    <message>
        <source>Go to a field and press the new key. Keys in bold are your own.</source>
        <translation>In ein Feld gehen und die neue Taste drücken. Eigene Tasten sind fett.</translation>
    </message>
    <message>
        <source>The keys of the workspaces go by their order and cannot be changed.</source>
        <translation>Die Tasten der Bereiche folgen ihrer Reihenfolge und lassen sich nicht ändern.</translation>
    </message>
    <message>
        <source>%1 opens the workspace “%2”; choose another key.</source>
        <translation>%1 öffnet den Bereich „%2“; bitte eine andere Taste wählen.</translation>
    </message>
    <message>
        <source>%1 belongs to “%2”, which would lose it.</source>
        <translation>%1 gehört zu „%2“ und ginge dort verloren.</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::SidePanel</name>
    <message>
        <source>History</source>
        <translation>Verlauf</translation>
    </message>
    <message>
        <source>Vocabulary</source>
        <translation>Vokabular</translation>
    </message>
    <message>
        <source>Side panel</source>
        <translation>Seitenleiste</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::SourcePicker</name>
    <message>
        <source>Videos</source>
        <translation>Videos</translation>
    </message>
    <message>
        <source>All files</source>
        <translation>Alle Dateien</translation>
    </message>
    <message>
        <source>Sample %1</source>
        <translation>Beispiel %1</translation>
    </message>
    <message>
        <source>A clip of the synthetic signer that comes with the program</source>
        <translation>Ein mitgeliefertes Video der künstlichen Figur</translation>
    </message>
    <message>
        <source>Camera</source>
        <translation>Kamera</translation>
    </message>
    <message>
        <source>No camera found</source>
        <translation>Keine Kamera gefunden</translation>
    </message>
    <message>
        <source>Open Video File</source>
        <translation>Videodatei öffnen</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::TimePlot</name>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>not known</source>
        <translation>nicht bekannt</translation>
    </message>
    <message>
        <source>Step %1</source>
        <translation>Schritt %1</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::TrainingWorkspace</name>
    <message>
        <source>Training Is Running</source>
        <translation>Training läuft</translation>
    </message>
    <message>
        <source>Stop training and close LiveGloss?</source>
        <translation>Training anhalten und LiveGloss schließen?</translation>
    </message>
    <message>
        <source>A checkpoint is written first; the run can go on from there at any time.</source>
        <translation>Vorher wird ein Zwischenstand geschrieben; von dort kann der Lauf jederzeit weitergehen.</translation>
    </message>
    <message>
        <source>Stop and Close</source>
        <translation>Anhalten und schließen</translation>
    </message>
    <message>
        <source>Go On Training</source>
        <translation>Weiter trainieren</translation>
    </message>
    <message>
        <source>Open Run</source>
        <translation>Lauf öffnen</translation>
    </message>
    <message>
        <source>Training is at work there.</source>
        <translation>Dort läuft gerade das Training.</translation>
    </message>
    <message>
        <source>Another process trains there at the moment.</source>
        <translation>Dort trainiert gerade ein anderer Prozess.</translation>
    </message>
    <message>
        <source>Holds a run that can go on: its data and its recipe are shown.</source>
        <translation>Enthält einen Lauf, der weitergehen kann: Seine Daten und sein Rezept werden gezeigt.</translation>
    </message>
    <message>
        <source>Holds a run that is finished: its data and its recipe are shown.</source>
        <translation>Enthält einen fertigen Lauf: Seine Daten und sein Rezept werden gezeigt.</translation>
    </message>
    <message>
        <source>Holds other files: choose another folder.</source>
        <translation>Enthält andere Dateien: einen anderen Ordner wählen.</translation>
    </message>
    <message>
        <source>Is made when training starts.</source>
        <translation>Wird beim Start des Trainings angelegt.</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>Training</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>Daten</translation>
    </message>
    <message>
        <source>Recipe</source>
        <translation>Rezept</translation>
    </message>
    <message>
        <source>Result</source>
        <translation>Ergebnis</translation>
    </message>
    <message>
        <source>Steps of training</source>
        <translation>Schritte zum Training</translation>
    </message>
    <message>
        <source>Holds a checkpoint, but no note of its data and its recipe.</source>
        <translation>Enthält einen Zwischenstand, aber keine Angabe zu Daten und Rezept.</translation>
    </message>
    <message>
        <source>Changed Recipe</source>
        <translation>Geändertes Rezept</translation>
    </message>
    <message>
        <source>Give up what was set for this recipe?</source>
        <translation>Die Einstellungen für dieses Rezept verwerfen?</translation>
    </message>
    <message>
        <source>No file holds it yet. “Edit as File…” saves it as a recipe of your own.</source>
        <translation>Sie stehen noch in keiner Datei. „Als Datei bearbeiten …“ speichert sie als eigenes Rezept.</translation>
    </message>
    <message>
        <source>Give Up</source>
        <translation>Verwerfen</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>Behalten</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::TransportBar</name>
    <message>
        <source>Playback speed</source>
        <translation>Wiedergabegeschwindigkeit</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::VideoExport</name>
    <message>
        <source>Save Video with Attention</source>
        <translation>Video mit Aufmerksamkeit speichern</translation>
    </message>
    <message>
        <source>Video (*.mp4)</source>
        <translation>Video (*.mp4)</translation>
    </message>
    <message>
        <source>Saved as %1</source>
        <translation>Gespeichert als %1</translation>
    </message>
    <message>
        <source>Cancelled; no file was written.</source>
        <translation>Abgebrochen; es wurde keine Datei geschrieben.</translation>
    </message>
    <message>
        <source>Save Video…</source>
        <translation>Video speichern …</translation>
    </message>
    <message>
        <source>Write the clip, or the span between the first and the last marked frame, with attention, captions and legend</source>
        <translation>Das Video oder den Abschnitt vom ersten bis zum letzten gemerkten Bild mit Aufmerksamkeit, Untertiteln und Legende schreiben</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Animated picture for slides and web pages (*.gif)</source>
        <translation>Bewegtes Bild für Folien und Webseiten (*.gif)</translation>
    </message>
    <message>
        <source>Too long for a GIF, which takes %1 s at most: mark its first and its last frame.</source>
        <translation>Zu lang für ein GIF, das höchstens %1 s fasst: Merken Sie sein erstes und sein letztes Bild.</translation>
    </message>
    <message>
        <source>As a GIF: %1 × %2 pixels, %3 pictures a second, %4 in all, about %5 MB.</source>
        <translation>Als GIF: %1 × %2 Bildpunkte, %3 Bilder je Sekunde, insgesamt %4, etwa %5 MB.</translation>
    </message>
    <message>
        <source>A Video Is Being Written</source>
        <translation>Ein Video wird geschrieben</translation>
    </message>
    <message>
        <source>Close LiveGloss and give the video up?</source>
        <translation>LiveGloss schließen und das Video aufgeben?</translation>
    </message>
    <message>
        <source>The video with attention is not finished yet. No file is left of it.</source>
        <translation>Das Video mit Aufmerksamkeit ist noch nicht fertig. Von ihm bleibt dann keine Datei zurück.</translation>
    </message>
    <message>
        <source>Give Up and Close</source>
        <translation>Aufgeben und schließen</translation>
    </message>
    <message>
        <source>Go On Writing</source>
        <translation>Weiterschreiben</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::VideoMarks</name>
    <message>
        <source>Your region</source>
        <translation>Ihr Bereich</translation>
    </message>
    <message>
        <source>Arrow keys move it, with Shift they resize it, Delete removes it.</source>
        <translation>Die Pfeiltasten verschieben ihn, mit Umschalt ändern sie seine Größe, Entf entfernt ihn.</translation>
    </message>
    <message>
        <source>from the left %1 %, from the top %2 %, width %3 %, height %4 %</source>
        <translation>von links %1 %, von oben %2 %, Breite %3 %, Höhe %4 %</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::VideoView</name>
    <message>
        <source>Keep head and both hands in the picture</source>
        <translation>Kopf und beide Hände im Bild halten</translation>
    </message>
</context>
<context>
    <name>livegloss::ui::VocabularyPanel</name>
    <message>
        <source>Search signs</source>
        <translation>Gebärden suchen</translation>
    </message>
    <message>
        <source>Search the vocabulary</source>
        <translation>Das Vokabular durchsuchen</translation>
    </message>
    <message>
        <source>Signs that the model knows</source>
        <translation>Gebärden, die das Modell kennt</translation>
    </message>
    <message>
        <source>%1 of %2 signs</source>
        <translation>%1 von %2 Gebärden</translation>
    </message>
    <message>
        <source>No model is loaded.</source>
        <translation>Es ist kein Modell geladen.</translation>
    </message>
    <message>
        <source>This model brings no names. Its %1 classes are shown as numbers.</source>
        <translation>Dieses Modell bringt keine Namen mit. Seine %1 Klassen werden als Zahlen gezeigt.</translation>
    </message>
    <message>
        <source>The model does not know this sign.</source>
        <translation>Diese Gebärde kennt das Modell nicht.</translation>
    </message>
</context>
</TS>
