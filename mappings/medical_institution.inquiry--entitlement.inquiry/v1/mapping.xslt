<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:medical_institution.inquiry:v1" xmlns="urn:renkei:entitlement.inquiry:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:XmlMsg">
    <xsl:variable name="day" select="i:MessageHeader/i:QualificationConfirmationDate"/>
    <inquiry>
      <institution_code><xsl:value-of select="i:MessageHeader/i:MedicalInstitutionCode"/></institution_code>
      <file_identifier><xsl:value-of select="i:MessageHeader/i:ArbitraryFileIdentifier"/></file_identifier>
      <confirmed_on>
        <xsl:value-of select="concat(substring($day, 1, 4), '-', substring($day, 5, 2), '-', substring($day, 7, 2))"/>
      </confirmed_on>
      <link_key><xsl:value-of select="i:MessageBody/i:PmhLinkKey"/></link_key>
    </inquiry>
  </xsl:template>
</xsl:stylesheet>
